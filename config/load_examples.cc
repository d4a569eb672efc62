// What a side's documents look like: its schema and its samples.

#include <algorithm>
#include <fstream>
#include <system_error>

#include <fnmatch.h>

#include "base/text.h"
#include "config/loading.h"

namespace navette {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kDocumentBytesMax = 8 << 20;
constexpr std::size_t kSamplesMax = 1000;

std::vector<fs::path> matches(const fs::path& pattern) {
  std::vector<fs::path> files;
  std::error_code failure;
  const fs::path folder = pattern.has_parent_path() ? pattern.parent_path() : fs::path(".");
  fs::directory_iterator entry(folder, failure);
  for (; !failure && entry != fs::directory_iterator(); entry.increment(failure)) {
    const std::string name = entry->path().filename().string();
    if (fnmatch(pattern.filename().c_str(), name.c_str(), FNM_PERIOD) == 0) {
      files.push_back(entry->path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

class ExampleReader {
 public:
  ExampleReader(Loading& loading, Endpoint& endpoint) : loading_(loading), endpoint_(endpoint) {}

  void read_schema(const YamlNode& node) {
    const fs::path path = loading_.flow_folder / node.text;
    const auto text = read_document_file(path);
    if (!text) return trouble(node, path, "does not exist or cannot be read");
    auto schema = Json::parse(*text, path.generic_string());
    if (!schema) return trouble(node, path, "is no JSON: " + schema.error().message);
    if (!schema->is_object()) return trouble(node, path, "is no JSON Schema: expected an object");
    endpoint_.schema = std::move(*schema);
  }

  void read_samples(const YamlNode& node) {
    const std::vector<fs::path> files = matches(loading_.flow_folder / node.text);
    if (files.empty()) {
      loading_.report.error("CFG043", node, "no file matches \"" + node.text + "\"").expected =
          "JSON or NDJSON files; a relative path starts at the folder of the flow's file";
      return;
    }
    for (const fs::path& file : files) read_sample(node, file);
  }

 private:
  void trouble(const YamlNode& node, const fs::path& path, const std::string& what) {
    loading_.report.error("CFG043", node, "the file \"" + path.generic_string() + "\" " + what)
        .advice = "a relative path starts at the folder of the flow's file";
  }

  void read_sample(const YamlNode& node, const fs::path& file) {
    const auto text = read_document_file(file);
    if (!text) return trouble(node, file, "cannot be read");
    const std::string name = file.lexically_relative(loading_.flow_folder).generic_string();
    if (auto whole = Json::parse(*text, file.generic_string())) {
      add({name, std::move(*whole)});
      return;
    }
    std::size_t line = 0;
    for (const std::string_view one : split(*text, '\n')) {
      ++line;
      if (trim(one).empty()) continue;
      auto document = Json::parse(one, file.generic_string() + ":" + std::to_string(line));
      if (!document) return trouble(node, file, "is no JSON: " + document.error().message);
      add({name + ":" + std::to_string(line), std::move(*document)});
    }
  }

  void add(Example example) {
    if (endpoint_.samples.size() < kSamplesMax) endpoint_.samples.push_back(std::move(example));
  }

  Loading& loading_;
  Endpoint& endpoint_;
};

}  // namespace

std::optional<std::string> read_document_file(const fs::path& path) {
  std::error_code failure;
  if (!fs::is_regular_file(path, failure)) return std::nullopt;
  std::ifstream input(path, std::ios::binary);
  if (!input) return std::nullopt;
  std::string text(kDocumentBytesMax, '\0');
  input.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(input.gcount()));
  return text;
}

void read_examples(Loading& loading, const Reader& reader, Endpoint& endpoint) {
  ExampleReader examples(loading, endpoint);
  const YamlNode* schema = reader.find("schema");
  if (schema != nullptr && schema->is_scalar() && !schema->unresolved && !schema->text.empty()) {
    examples.read_schema(*schema);
  }
  const YamlNode* samples = reader.find("samples");
  if (samples != nullptr && samples->is_scalar() && !samples->unresolved) {
    examples.read_samples(*samples);
  }
}

}  // namespace navette
