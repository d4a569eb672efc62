// Reads and checks a whole configuration: navette.yaml, its flows, their people files.
//
// Thread safety: none of it is shared; call from any thread.

#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/connector_spec.h"
#include "config/diagnostic.h"
#include "config/model.h"
#include "config/reference.h"

namespace navette {

struct LoadOptions {
  // Empty: for the hub; references in the settings of external systems may stay unresolved then,
  // and such settings are left out. The name of a system: for the process of its connector, which
  // needs `bus` and that system's settings and nothing else; flows are not read.
  std::string process_of = {};
  // Texts that are read in place of files: those of an earlier LoadResult::files_of, for a flow as
  // it was then. Its `hash` tells whether it reads as it did.
  std::map<std::string, std::string> in_place_of = {};
};

struct LoadResult {
  // Complete when ok(); otherwise only good for saying more about the mistakes.
  HubConfig hub;
  std::vector<FlowConfig> flows;  // sorted by file
  // Every mistake and note of all files, sorted by place.
  std::vector<Diagnostic> diagnostics;
  // The text of each flow's file, by its name, for checks that point into it.
  std::map<std::string, std::string> sources;
  // The texts of all files that a flow consists of, by the name of its file: itself and its people
  // files, these by their path from the folder of navette.yaml. References are as they are written.
  std::map<std::string, std::map<std::string, std::string>> files_of;
  // What was understood, defaults filled in, secrets as "***". Null unless ok().
  Json printed;

  bool ok() const { return !has_errors(diagnostics); }
};

// `path`: navette.yaml, or the folder that holds it. Never throws, starts nothing, writes nothing.
// Secrets are in LoadResult::hub only: neither in diagnostics nor in `printed` nor in hashes.
LoadResult load_config(const std::string& path, const ConnectorCatalog& catalog,
                       const Environment& environment, const LoadOptions& options = {});

// One flow's file by itself, as a mapping of documents: its sides need no system, and what systems
// declare is not asked. `LoadResult::flows` has it when ok(). As load_config() otherwise; relative
// paths of people files and ${file:...} start at the folder of the file, or at the one above when
// navette.yaml is there.
LoadResult load_flow_file(const std::string& path, const Environment& environment);

struct FlowFiles {
  std::vector<std::string> files;  // sorted
  std::vector<Diagnostic> diagnostics;
};
// The files that `flows` of a configuration names. Nothing else of navette.yaml is looked at, so
// no secret is needed. `path`: as load_config() takes it.
FlowFiles find_flow_files(const std::string& path, const Environment& environment);

}  // namespace navette
