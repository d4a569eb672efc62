#include "config/load.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include <fnmatch.h>

#include "config/cases.h"
#include "config/loading.h"

namespace navette {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFlowFilesMax = 1000;

std::optional<std::string> read_bytes(const fs::path& path) {
  std::error_code failure;
  if (!fs::is_regular_file(path, failure) && !fs::is_fifo(path, failure)) return std::nullopt;
  std::ifstream input(path, std::ios::binary);
  if (!input) return std::nullopt;
  std::string text(kYamlBytesMax + 1, '\0');
  input.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(input.gcount()));
  return text;
}

// The files that `flows` names, sorted.
std::vector<fs::path> flow_files(const Loading& loading) {
  const fs::path pattern = loading.folder / loading.hub.flows;
  std::vector<fs::path> files;
  std::error_code failure;
  fs::directory_iterator entry(pattern.parent_path(), failure);
  for (; !failure && entry != fs::directory_iterator(); entry.increment(failure)) {
    const std::string name = entry->path().filename().string();
    if (is_case_file(name)) continue;
    if (fnmatch(pattern.filename().c_str(), name.c_str(), FNM_PERIOD) == 0) {
      files.push_back(entry->path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

// As flow_files(); none, or too many, is reported.
std::vector<fs::path> checked_flow_files(Loading& loading, const YamlNode& root) {
  std::vector<fs::path> files = flow_files(loading);
  const YamlNode* named = root.find("flows");
  YamlNode at = named != nullptr ? *named : root;
  if (files.empty() || files.size() > kFlowFilesMax) {
    Diagnostic& error = loading.report.error(
        "CFG039", at,
        files.empty() ? "no file matches \"" + loading.hub.flows + "\""
                      : "\"" + loading.hub.flows + "\" matches more than 1000 files");
    error.expected =
        "a file for each flow in the folder " +
        (loading.folder / loading.hub.flows).parent_path().lexically_normal().generic_string();
    error.advice = "write a first flow there, or correct `flows`";
    return {};
  }
  return files;
}

void load_flows(Loading& loading, const YamlNode& root, std::vector<FlowConfig>& flows) {
  const std::string folder = fs::path(loading.hub.flows).parent_path().string();
  if (folder.find_first_of("*?[") != std::string::npos) return;  // reported with `flows`
  for (const fs::path& file : checked_flow_files(loading, root)) {
    loading.flow_folder = file.parent_path();
    loading.files.clear();
    auto tree = read_yaml_file(loading, file, nullptr, "CFG001");
    if (!tree) continue;
    if (auto flow = load_flow(loading, std::move(*tree))) flows.push_back(std::move(*flow));
    loading.files_of[file.generic_string()] = std::move(loading.files);
  }
}

void print(Loading& loading, LoadResult& result) {
  Json printed = Json::object();
  printed.set("hub", loading.references.redact(printable(result.hub, loading.catalog)));
  Json& flows = printed.set("flows", Json::array());
  for (FlowConfig& flow : result.flows) {
    Json one = loading.references.redact(printable(flow));
    flow.hash = hash_of(one);
    one.set("hash", flow.hash);
    one.set("file", flow.file);
    flows.push(std::move(one));
  }
  result.printed = std::move(printed);
}

void load_all(Loading& loading, const fs::path& file, LoadResult& result) {
  auto root = read_yaml_file(loading, file, nullptr, "CFG001");
  if (!root) return;
  load_hub(loading, *root);
  if (loading.options.process_of.empty() && root->is_map())
    load_flows(loading, *root, result.flows);
  result.hub = loading.hub;
  // In a broken file a secret may stand in any place.
  if (!has_errors(loading.report.finish())) print(loading, result);
}

void keep_sources(Loading& loading, LoadResult& result) {
  for (const FlowConfig& flow : result.flows) {
    result.sources[flow.file] = std::move(loading.sources[flow.file]);
  }
  result.files_of = std::move(loading.files_of);
}

}  // namespace

std::optional<YamlNode> read_yaml_file(Loading& loading, const fs::path& path, const YamlNode* at,
                                       const char* code) {
  const std::string name = path.generic_string();
  const std::string key = path.lexically_proximate(loading.folder).generic_string();
  const auto given = loading.options.in_place_of.find(key);
  const auto text = given == loading.options.in_place_of.end()
                        ? read_bytes(path)
                        : std::optional<std::string>(given->second);
  if (!text) {
    std::error_code failure;
    const std::string why = !fs::exists(path, failure)        ? "does not exist"
                            : fs::is_directory(path, failure) ? "is a folder"
                                                              : "cannot be read";
    YamlNode nowhere;
    nowhere.place = Place{name, 0, 0};
    Diagnostic& error = loading.report.error(
        code, at != nullptr ? *at : nowhere,
        at != nullptr ? "the file \"" + name + "\" " + why : "the file " + why);
    error.advice = at != nullptr        ? "a relative path starts at the folder of navette.yaml"
                   : loading.flow_alone ? "name the flow's file"
                                        : "name navette.yaml or the folder that holds it";
    return std::nullopt;
  }
  loading.report.add_source(name, *text);
  loading.sources[name] = *text;
  loading.files[key] = *text;
  std::vector<Diagnostic> diagnostics;
  auto tree = parse_yaml(name, *text, diagnostics);
  loading.report.add(std::move(diagnostics));
  return tree;
}

LoadResult load_config(const std::string& path, const ConnectorCatalog& catalog,
                       const Environment& environment, const LoadOptions& options) {
  LoadResult result;
  std::error_code failure;
  fs::path file = path;
  if (fs::is_directory(file, failure)) file /= "navette.yaml";
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path();
  Report report;
  References references(environment, folder.string(), report);
  Loading loading{catalog, options, report, references, folder};
  try {
    load_all(loading, file, result);
    keep_sources(loading, result);
  } catch (const std::exception& trouble) {
    report.error("CFG001", Place{file.generic_string(), 0, 0},
                 std::string("the configuration cannot be read: ") + trouble.what());
  }
  result.diagnostics = report.finish();
  return result;
}

namespace {

class NoConnectors final : public ConnectorCatalog {
 public:
  const ConnectorSpec* find(const std::string&) const override { return nullptr; }
  std::vector<std::string> names() const override { return {}; }
};

}  // namespace

FlowFiles find_flow_files(const std::string& path, const Environment& environment) {
  FlowFiles found;
  std::error_code failure;
  fs::path file = path;
  if (fs::is_directory(file, failure)) file /= "navette.yaml";
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path();
  const NoConnectors nothing;
  const LoadOptions options;
  Report report;
  References references(environment, folder.string(), report);
  Loading loading{nothing, options, report, references, folder};
  if (auto root = read_yaml_file(loading, file, nullptr, "CFG001")) {
    YamlNode* flows = root->find("flows");
    if (flows != nullptr) references.resolve(*flows, Missing::kError);
    if (flows != nullptr && flows->is_scalar() && !flows->unresolved) {
      loading.hub.flows = flows->text;
    }
    for (const fs::path& one : checked_flow_files(loading, *root)) {
      found.files.push_back(one.generic_string());
    }
  }
  found.diagnostics = report.finish();
  return found;
}

LoadResult load_flow_file(const std::string& path, const Environment& environment) {
  LoadResult result;
  const fs::path file = path;
  const fs::path flow_folder = file.has_parent_path() ? file.parent_path() : fs::path();
  // Where the hub reads the same flow, people files are found from navette.yaml on.
  fs::path folder = flow_folder;
  std::error_code failure;
  const fs::path above = flow_folder.empty() ? fs::path("..") : flow_folder / "..";
  if (!fs::exists(flow_folder / "navette.yaml", failure) &&
      fs::exists(above / "navette.yaml", failure)) {
    folder = above;
  }
  const NoConnectors nothing;
  const LoadOptions options;
  Report report;
  References references(environment, folder.string(), report);
  Loading loading{nothing, options, report, references, folder, flow_folder, true};
  try {
    if (auto root = read_yaml_file(loading, file, nullptr, "CFG001")) {
      if (auto flow = load_flow(loading, std::move(*root))) result.flows.push_back(*flow);
    }
    if (!has_errors(report.finish())) print(loading, result);
    keep_sources(loading, result);
  } catch (const std::exception& trouble) {
    report.error("CFG001", Place{file.generic_string(), 0, 0},
                 std::string("the flow cannot be read: ") + trouble.what());
  }
  result.diagnostics = report.finish();
  return result;
}

}  // namespace navette
