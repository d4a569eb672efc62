// What the parts of load.cc share while a configuration is read. Not for other folders.

#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/check.h"
#include "config/load.h"
#include "config/reference.h"
#include "config/report.h"
#include "config/yaml.h"

namespace navette {

struct Loading {
  const ConnectorCatalog& catalog;
  const LoadOptions& options;
  Report& report;
  References& references;
  std::filesystem::path folder;  // that of navette.yaml; of the flow when it is read alone
  std::filesystem::path flow_folder = {};  // that of the flow being read
  bool flow_alone = false;                 // a mapping of documents: its sides need no system
  HubConfig hub = {};
  bool hub_readable = false;                        // its systems are known: names can be checked
  std::map<std::string, Place> flow_names = {};     // where each flow got its name
  std::map<std::string, std::string> sources = {};  // every file that was read
  std::map<std::string, std::string> files = {};    // those read for the present flow: see files_of
  std::map<std::string, std::map<std::string, std::string>> files_of = {};
};

// The tree of a file, its source kept for messages. `at`: the value that names the file, if one
// does; what is wrong with opening the file is said there.
std::optional<YamlNode> read_yaml_file(Loading& loading, const std::filesystem::path& path,
                                       const YamlNode* at, const char* code);

void load_hub(Loading& loading, YamlNode root);
std::optional<FlowConfig> load_flow(Loading& loading, YamlNode root);

// A flow as read, with the YAML that each part came from.
struct FlowDraft {
  FlowConfig flow;
  const YamlNode* root = nullptr;
  std::vector<const YamlNode*> rules;  // one for each of flow.fields
};

// One line under `fields:`. `zone`: that of the flow.
FieldRule read_rule(Loading& loading, const YamlNode& node, const std::string& zone);
// `schema` and `samples` of a side.
void read_examples(Loading& loading, const Reader& reader, Endpoint& endpoint);
// One pair of a people file.
PersonPair read_pair_of_people(const YamlNode& node);
// What is in a file of documents, its first 8 MB; nothing when it cannot be read.
std::optional<std::string> read_document_file(const std::filesystem::path& path);
// The value of a scalar that may be of any type; nothing when it could not be resolved.
std::optional<Json> value_of(const YamlNode* node);

// What only the flow as a whole and the connectors' declarations can show. May fill in what the
// connectors know and the rules left out: limits, markup.
void check_flow(Loading& loading, FlowDraft& draft);

const ConnectorSpec* spec_of(const Loading& loading, const std::string& system);

// Without secrets being replaced: the caller redacts.
Json printable(const HubConfig& hub, const ConnectorCatalog& catalog);
Json printable(const FlowConfig& flow);
// Of the flow's meaning: comments, order of keys and files' names do not change it.
std::string hash_of(const Json& printed_flow);

std::optional<ConflictPolicy> parse_policy(const std::string& text);
std::optional<Side> parse_direction(const std::string& text);

}  // namespace navette
