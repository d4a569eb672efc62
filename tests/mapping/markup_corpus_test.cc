// Goal: texts as tickets hold them come out in every markup as a person expects. Method: each file
// of markup_corpus/ has a text, what it becomes in all other markups, and what is lost on the way.
// NAVETTE_UPDATE=1 writes the expected texts anew: read them before they are committed.

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "config/yaml.h"
#include "mapping/markup.h"
#include "tests/fuzz/markup_check.h"

namespace navette {
namespace {

const std::filesystem::path kFolder = NAVETTE_SOURCE_DIR "/tests/mapping/markup_corpus";

// As a block when that can be read, else in quotes with escapes.
std::string yaml_scalar(const std::string& text) {
  bool block = !text.empty() && text.back() != '\n' && text.back() != ' ';
  std::string quoted = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    const std::string_view rest = std::string_view(text).substr(i);
    char escape[8];
    if (c == '\n') {
      quoted += "\\n";
    } else if (byte < 0x20 || byte == 0x7F) {
      block = false;
      std::snprintf(escape, sizeof escape, "\\x%02X", static_cast<unsigned>(byte));
      quoted += escape;
    } else if (rest.starts_with("\u00A0") || rest.starts_with("\u200B")) {
      block = false;
      quoted += rest.starts_with("\u00A0") ? "\\u00A0" : "\\u200B";
      i += rest.starts_with("\u00A0") ? 1 : 2;
    } else {
      quoted += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
    }
  }
  if (!block) return quoted + "\"";
  std::string out = "|2-";
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    out += end == begin ? "\n" : "\n  " + text.substr(begin, end - begin);
    begin = end + 1;
  }
  return out;
}

struct Sample {
  std::string about;
  std::string from;
  std::string source;
  YamlNode tree;
};

Sample sample_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::vector<Diagnostic> diagnostics;
  const auto tree = parse_yaml(path.string(), text, diagnostics);
  EXPECT_TRUE(tree && diagnostics.empty()) << path;
  Sample sample;
  if (!tree) return sample;
  sample.tree = *tree;
  for (const auto& [name, to] :
       {std::pair{"about", &sample.about}, {"from", &sample.from}, {"source", &sample.source}}) {
    const YamlNode* node = tree->find(name);
    EXPECT_NE(node, nullptr) << path << ": " << name;
    if (node != nullptr) *to = node->text;
  }
  return sample;
}

void update(const std::filesystem::path& path, const Sample& sample) {
  std::string out = "about: " + yaml_scalar(sample.about) + "\nfrom: " + sample.from +
                    "\nsource: " + yaml_scalar(sample.source) + "\n";
  std::string lost;
  for (const char* to : testing::kMarkupNames) {
    if (sample.from == to && sample.from != "html") continue;
    std::vector<std::string> losses;
    const auto text = convert_markup(sample.source, sample.from, to, &losses);
    out += std::string(to) + ": " + yaml_scalar(*text) + "\n";
    for (const std::string& loss : losses) {
      lost += (&loss == &losses.front() ? "  " + std::string(to) + ":\n" : "") + "  - \"" + loss +
              "\"\n";
    }
  }
  out += lost.empty() ? "losses: {}\n" : "losses:\n" + lost;
  std::ofstream(path, std::ios::binary) << out;
}

void expect_sample(const std::filesystem::path& path, const Sample& sample) {
  for (const char* to : testing::kMarkupNames) {
    if (sample.from == to && sample.from != "html") continue;
    SCOPED_TRACE(path.filename().string() + " -> " + to);
    std::vector<std::string> losses;
    const auto text = convert_markup(sample.source, sample.from, to, &losses);
    const YamlNode* wanted = sample.tree.find(to);
    const YamlNode* lost = sample.tree.find("losses");
    ASSERT_TRUE(wanted != nullptr && lost != nullptr) << "run this test with NAVETTE_UPDATE=1";
    EXPECT_EQ(*text, wanted->text);
    std::vector<std::string> wanted_losses;
    if (const YamlNode* list = lost->find(to); list != nullptr) {
      for (const YamlNode& item : list->items) wanted_losses.push_back(item.text);
    }
    EXPECT_EQ(losses, wanted_losses);
  }
  EXPECT_EQ(testing::markup_fault(sample.source, sample.from), "") << path;
}

TEST(MarkupCorpus, ComesOutAsExpected) {
  int samples = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() != ".yaml") continue;
    ++samples;
    if (std::getenv("NAVETTE_UPDATE") != nullptr) update(entry.path(), sample_of(entry.path()));
    expect_sample(entry.path(), sample_of(entry.path()));
  }
  EXPECT_GE(samples, 60);
}

}  // namespace
}  // namespace navette
