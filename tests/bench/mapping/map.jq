# flow.yaml, forward, in jq. Dates by hand: jq 1.6 knows neither fractions nor offsets.
def utc:
  (.[0:19] + "Z" | fromdateiso8601) as $seconds
  | (.[24:26] | tonumber * 3600) as $offset
  | ($seconds - (if .[23:24] == "-" then -$offset else $offset end) | todateiso8601 | .[0:19])
    + "." + .[20:23] + "Z";
def custom($id): first(.fields.custom_fields[] | select(.id == $id) | .value);
. as $t | .fields as $f
| {
    id: ("jira:" + .key), number: .id,
    title: (if $f.summary == "" then "(no subject)" else $f.summary end),
    description: $f.description,
    status: {"Open": "new", "In Progress": "active", "Waiting for customer": "waiting", "Resolved": "solved", "Closed": "closed"}[$f.status.name],
    priority: ({"Highest": 1, "High": 2, "Medium": 3, "Low": 4, "Lowest": 5}[$f.priority.name] // 3),
    kind: {"Incident": "incident", "Service Request": "request", "Problem": "problem", "Change": "change"}[$f.issuetype.name],
    project: $f.project.key,
    requester: {name: $f.reporter.displayName, email: ($f.reporter.emailAddress | ascii_downcase)},
    assignee: ($f.assignee.emailAddress // "nobody"),
    created_at: ($f.created | utc), updated_at: ($f.updated | utc)
  }
  + (if $f.status.statusCategory.key == "done" then {resolved_at: ($f.resolutiondate | utc)} else {} end)
  + {
    due_on: $f.duedate, tags: $f.labels,
    customer_number: custom(360001), contract: (custom(360002) // "none"),
    severity: ({"S1": "critical", "S2": "major", "S3": "minor"}[custom(360003)] // "minor"),
    spent_minutes: (if $f.timespent == null then null else $f.timespent / 60 end),
    url: ("https://helpdesk.example/browse/" + $f.project.key + "/" + .key),
    comments: [$f.comment.comments[] | {id, author: .author.displayName, body, at: (.created | utc), visibility: (if .jsdPublic then "public" else "internal" end)}],
    files: [$f.attachment[] | {name: .filename, bytes: .size, href: .content}]
  }
