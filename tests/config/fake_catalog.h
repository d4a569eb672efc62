// A catalog of two connectors, as the real one declares them, for tests of the configuration.

#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "config/connector_spec.h"

namespace navette::testing {

inline FieldInfo field(std::string path, std::string about) {
  FieldInfo info;
  info.path = std::move(path);
  info.about = std::move(about);
  return info;
}

inline ConnectorSpec request_tracker_spec() {
  ConnectorSpec spec;
  spec.name = "request-tracker";
  spec.title = "Request Tracker 5";
  spec.about = "Best Practical's Request Tracker, over its REST2 interface.";
  spec.settings = {{.name = "url",
                    .kind = Kind::kUrl,
                    .about = "The address of RT, without /REST/2.0.",
                    .example = "https://rt.example",
                    .required = true},
                   {.name = "token",
                    .kind = Kind::kSecret,
                    .about = "The authentication token of the service user.",
                    .example = "${env:RT_TOKEN}",
                    .required = true},
                   {.name = "overlap",
                    .kind = Kind::kDuration,
                    .about = "How far each poll looks back beyond the last one.",
                    .example = "5s",
                    .fallback = "2s"}};
  spec.filters = {{.name = "Queue",
                   .about = "The queue that the tickets are in.",
                   .example = "Helpdesk",
                   .required = true}};
  spec.fields = {field("Subject", "The subject."),
                 field("Status", "The status."),
                 field("Owner", "Who works on it."),
                 field("Priority", "The priority."),
                 field("Due", "When it is due."),
                 field("Content", "The first message."),
                 field("Created", "When it was made."),
                 field("CustomFields.*", "A custom field by its name.")};
  spec.fields[0].bytes_max = 200;
  spec.fields[5].create_only = true;
  spec.fields[5].markup = "html";
  spec.fields[6].writable = false;
  return spec;
}

inline ConnectorSpec redmine_spec() {
  ConnectorSpec spec;
  spec.name = "redmine";
  spec.title = "Redmine 5";
  spec.about = "Redmine, over its REST interface.";
  spec.settings = {{.name = "url",
                    .kind = Kind::kUrl,
                    .about = "The address of Redmine.",
                    .example = "https://redmine.example",
                    .required = true},
                   {.name = "api_key",
                    .kind = Kind::kSecret,
                    .about = "The API key of the service user.",
                    .example = "${env:REDMINE_API_KEY}",
                    .required = true}};
  spec.filters = {{.name = "project",
                   .about = "The identifier of the project that the issues are in.",
                   .example = "acme",
                   .required = true},
                  {.name = "tracker", .about = "The tracker.", .example = "Bug"}};
  spec.fields = {field("subject", "The subject."),
                 field("status", "The status."),
                 field("priority", "The priority."),
                 field("assigned_to", "Who works on it."),
                 field("due_date", "When it is due."),
                 field("description", "The description."),
                 field("closed_on", "When it was closed."),
                 field("custom_fields[name=*].value", "A custom field by its name.")};
  spec.fields[0].required = true;
  spec.fields[5].markup = "textile";
  spec.fields[6].writable = false;
  return spec;
}

class FakeCatalog final : public ConnectorCatalog {
 public:
  FakeCatalog() {
    for (ConnectorSpec& spec : std::vector<ConnectorSpec>{request_tracker_spec(), redmine_spec()}) {
      const std::string name = spec.name;
      specs_.emplace(name, std::move(spec));
    }
  }
  const ConnectorSpec* find(const std::string& name) const override {
    const auto found = specs_.find(name);
    return found == specs_.end() ? nullptr : &found->second;
  }
  std::vector<std::string> names() const override {
    std::vector<std::string> names;
    for (const auto& entry : specs_) names.push_back(entry.first);
    return names;
  }

 private:
  std::map<std::string, ConnectorSpec> specs_;
};

}  // namespace navette::testing
