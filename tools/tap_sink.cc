#include "tools/tap_sink.h"

#include <exception>

#include "base/log.h"

namespace navette::tools {

std::string tap_topic(const std::string& flow) {
  return flow.empty() ? std::string() : "flow/" + flow + "/";
}

void TapSink::emit(const Event& event) noexcept {
  try {
    std::string flow;
    for (const auto& [name, value] : event.fields) {
      if (name == "flow") flow = value;
    }
    const std::string topic =
        (flow.empty() ? std::string("hub/") : tap_topic(flow)) + std::string(event.name);
    auto body = Json::parse(line_as_json(event, loop_.now()));
    if (!body) return;
    loop_.post([this, topic, body = std::move(*body)] { hub_.publish(topic, body); });
  } catch (const std::exception&) {
    // Out of memory: watching is a courtesy.
    return;
  }
}

}  // namespace navette::tools
