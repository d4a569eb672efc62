#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "tools/ask_hub.h"
#include "tools/commands.h"
#include "tools/exit.h"
#include "tools/options.h"
#include "tools/text.h"

namespace navette::tools {
namespace {

struct Asked {
  StoreOption store;
  Json arguments = Json::object();
  bool json = false;
};

int resume(const Asked& asked) {
  StoreHolder holder{asked.store};
  auto done = give_order(holder, {"POST", "resume", asked.arguments});
  if (!done) {
    const int code = fail(done.error());
    return done.error().fault == Fault::kRejected ? kBad : code;
  }
  done->set("by_hub", holder.by_hub);
  if (asked.json) {
    print_json(*done);
    return kOk;
  }
  const std::string flow = brief(done->at("flow"));
  const std::string held = done->at("held").text();
  std::string out = held.empty() ? flow + " was not held; its count begins anew.\n"
                                 : flow + " goes on. It was " + brief(Json(held), 500) + "\n";
  if (!holder.by_hub) out += "No hub runs now: what waits is worked on when one does.\n";
  print(out);
  return kOk;
}

}  // namespace

void add_resume(CLI::App& root, Chosen& chosen) {
  auto asked = std::make_shared<Asked>();
  CLI::App* command = new_command(
      root, "resume",
      "Lets a flow go on that its `limits` hold, because it would have overwritten or emptied more "
      "than they allow within an hour. Its count begins anew; what waited is worked on. `navette "
      "status` says which flows are held and why.",
      "  navette resume acme-support\n"
      "  navette resume acme-support --for 2h");
  command
      ->add_option_function<std::string>(
          "flow", [asked](const std::string& name) { asked->arguments.set("flow", name); },
          "The flow")
      ->type_name("FLOW")
      ->required();
  command
      ->add_option_function<std::string>(
          "--for", [asked](const std::string& span) { asked->arguments.set("for", span); },
          "No limits for so long: all that waits is meant")
      ->type_name("TIME");
  add_store(*command, asked->store);
  add_json(*command, asked->json);
  command->callback([asked, &chosen] { chosen = [asked] { return resume(*asked); }; });
}

}  // namespace navette::tools
