#include "connectors/declarative/catalog.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "base/text.h"
#include "connectors/declarative/built_in.h"
#include "connectors/declarative/declarative_connector.h"
#include "connectors/declarative/reference.h"
#include "connectors/declarative/spec.h"

namespace navette {

namespace {

using Files = std::vector<std::pair<std::string, std::string>>;

Result<Files> read_folder(const std::string& folder) {
  Files files;
  std::error_code trouble;
  std::vector<std::filesystem::path> paths;
  for (std::filesystem::directory_iterator at(folder, trouble), end; !trouble && at != end;
       at.increment(trouble)) {
    if (at->path().extension() == ".yaml") paths.push_back(at->path());
  }
  if (trouble) {
    return Error{Fault::kMisconfigured, "read catalog folder " + folder + ": " + trouble.message()};
  }
  std::sort(paths.begin(), paths.end());
  for (const std::filesystem::path& path : paths) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    if (!in) return Error{Fault::kMisconfigured, "read catalog file " + path.string()};
    files.emplace_back(path.string(), text.str());
  }
  return files;
}

Status check_settings(const ConnectorSpec& spec,
                      const std::map<std::string, std::string>& settings) {
  std::vector<std::string> known;
  for (const SettingSpec& setting : spec.settings) {
    known.push_back(setting.name);
    if (setting.required && !settings.contains(setting.name)) {
      return Error{Fault::kMisconfigured, "make connector " + spec.name + ": the setting \"" +
                                              setting.name + "\" is missing: " + setting.about};
    }
  }
  for (const auto& [name, value] : settings) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    return Error{Fault::kMisconfigured, "make connector " + spec.name + ": found setting \"" +
                                            name + "\", expected " + join(known, ", ")};
  }
  return {};
}

}  // namespace

const ConnectorSpec* Catalog::find(const std::string& name) const {
  const auto found = specs_.find(name);
  return found == specs_.end() ? nullptr : &found->second->declared;
}

std::vector<std::string> Catalog::names() const {
  std::vector<std::string> out;
  for (const auto& [name, spec] : specs_) out.push_back(name);
  return out;
}

Result<std::unique_ptr<Connector>> Catalog::make_connector(
    const std::string& connector, const std::map<std::string, std::string>& settings,
    Host& host) const {
  const auto found = specs_.find(connector);
  if (found == specs_.end()) {
    return Error{Fault::kMisconfigured,
                 "make connector: found \"" + connector + "\", expected " + join(names(), ", ")};
  }
  NAVETTE_TRY(check_settings(found->second->declared, settings));
  return std::unique_ptr<Connector>(
      std::make_unique<declarative::DeclarativeConnector>(found->second, settings, host));
}

std::string Catalog::reference(const std::string& name) const {
  return declarative::reference_page(*specs_.at(name));
}

Result<Catalog> load_catalog(const std::optional<std::string>& folder) {
  Files files = declarative::built_in_catalog();
  if (folder) {
    Result<Files> more = read_folder(*folder);
    if (!more) return more.error();
    files.insert(files.end(), more->begin(), more->end());
  }
  Catalog catalog;
  for (const auto& [file, text] : files) {
    auto spec = declarative::read_spec(file, text);
    if (!spec) return spec.error();
    catalog.specs_.insert_or_assign((*spec)->declared.name, *spec);
  }
  return catalog;
}

Result<std::unique_ptr<Connector>> make_connector(
    const std::string& connector, const std::map<std::string, std::string>& settings, Host& host) {
  Result<Catalog> catalog = load_catalog();
  if (!catalog) return catalog.error();
  return catalog->make_connector(connector, settings, host);
}

Result<std::string> origin_of(const std::map<std::string, std::string>& settings) {
  const auto found = settings.find("url");
  const std::string url = found == settings.end() ? "" : found->second;
  const bool http = url.starts_with("http://") || url.starts_with("https://");
  const std::size_t host = url.find("://") + 3;
  if (!http || host >= url.size() || url[host] == '/') {
    return Error{Fault::kMisconfigured,
                 "read url: found \"" + url + "\", expected http://host or https://host"};
  }
  return url.substr(0, url.find_first_of("/?#", host));
}

}  // namespace navette
