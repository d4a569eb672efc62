// flow.yaml, forward, by hand: for map.mjs and for the servers of the pipeline's bench.
const statuses = { Open: 'new', 'In Progress': 'active', 'Waiting for customer': 'waiting', Resolved: 'solved', Closed: 'closed' };
const priorities = { Highest: 1, High: 2, Medium: 3, Low: 4, Lowest: 5 };
const kinds = { Incident: 'incident', 'Service Request': 'request', Problem: 'problem', Change: 'change' };
const severities = { S1: 'critical', S2: 'major', S3: 'minor' };
const utc = (text) => new Date(text).toISOString();

export function plain(ticket) {
  const f = ticket.fields;
  const custom = (id) => f.custom_fields.find((field) => field.id === id)?.value;
  return {
    id: 'jira:' + ticket.key,
    number: ticket.id,
    title: f.summary || '(no subject)',
    description: f.description,
    status: statuses[f.status.name],
    priority: priorities[f.priority.name] ?? 3,
    kind: kinds[f.issuetype.name],
    project: f.project.key,
    requester: { name: f.reporter.displayName, email: f.reporter.emailAddress.toLowerCase() },
    assignee: f.assignee?.emailAddress ?? 'nobody',
    created_at: utc(f.created),
    updated_at: utc(f.updated),
    resolved_at: f.status.statusCategory.key === 'done' ? utc(f.resolutiondate) : undefined,
    due_on: f.duedate,
    tags: f.labels,
    customer_number: custom(360001),
    contract: custom(360002) || 'none',
    severity: severities[custom(360003)] ?? 'minor',
    spent_minutes: f.timespent === null ? null : f.timespent / 60,
    url: `https://helpdesk.example/browse/${f.project.key}/${ticket.key}`,
    comments: f.comment.comments.map((c) => ({
      id: c.id, author: c.author.displayName, body: c.body, at: utc(c.created), visibility: c.jsdPublic ? 'public' : 'internal',
    })),
    files: f.attachment.map((a) => ({ name: a.filename, bytes: a.size, href: a.content })),
  };
}
