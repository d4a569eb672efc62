#include "tools/past_config.h"

#include <utility>
namespace navette::tools {

void keep_configs(Store& store, const LoadResult& config, TimePoint now) {
  Batch batch;
  for (const FlowConfig& flow : config.flows) {
    const auto files = config.files_of.find(flow.file);
    if (files == config.files_of.end()) continue;
    Json text = Json::object();
    Json& all = text.set("files", Json::object());
    for (const auto& [name, content] : files->second) all.set(name, content);
    batch.push_back(PutConfig{flow.hash, text.dump(), now.time_since_epoch().count()});
  }
  if (!batch.empty()) static_cast<void>(store.commit(batch));
}

Result<FlowConfig> config_of_then(const std::string& hash, const std::string& text,
                                  const LoadWith& load_with) {
  const std::string what = "read configuration " + hash + ": ";
  auto kept = Json::parse(text, "configuration");
  if (!kept || !kept->at("files").is_object()) {
    return Error{Fault::kRejected, what + "it is not what this navette stores"};
  }
  std::map<std::string, std::string> files;
  for (const auto& [name, content] : kept->at("files").members()) files[name] = content.text();
  LoadResult loaded = load_with(files);
  for (FlowConfig& flow : loaded.flows) {
    if (flow.hash == hash) return std::move(flow);
  }
  return Error{Fault::kRejected,
               what +
                   "it does not read as it did then; its file was renamed, or a variable that it "
                   "refers to has changed"};
}

}  // namespace navette::tools
