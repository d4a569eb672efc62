#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include <CLI/CLI.hpp>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "tools/ask_hub.h"
#include "tools/commands.h"
#include "tools/exit.h"
#include "tools/options.h"
#include "tools/replay.h"
#include "tools/text.h"

extern char** environ;  // NOLINT(readability-identifier-naming): POSIX's name

namespace navette::tools {
namespace {

struct Asked {
  StoreOption store;
  Json arguments = Json::object();
  std::int64_t id = 0;
  std::vector<std::string> sets;
  std::string file;
  bool undo = false;
  bool json = false;
};

// 1 when the order was wrong or found nothing, as the exit codes say.
int fail_order(const Error& error) {
  const int code = fail(error);
  return error.fault == Fault::kRejected ? kBad : code;
}

// ---- list, show --------------------------------------------------------------------------------

std::string list_text(const Json& found) {
  Table table({"id", "flow", "ticket", "state", "ended", "reason"});
  for (const Json& letter : found.at("letters").items()) {
    table.add({letter.at("id").text(), letter.at("flow").text(),
               letter.at("side").text() + ":" + letter.at("ticket").text(),
               letter.at("state").text(), letter.at("ended").text(), brief(letter.at("reason"))});
  }
  std::string out = table.empty() ? "" : table.text() + "\n";
  const std::int64_t total = found.at("total").as_int();
  if (total == 0) return "No dead letters.\n";
  out += std::to_string(total) + " in all:\n";
  for (const Json& group : found.at("reasons").items()) {
    out += "  " + group.at("changes").text() + " x " + group.at("flow").text() + ": " +
           brief(group.at("reason"), 300) + "\n";
  }
  const std::size_t shown = found.at("letters").size();
  if (static_cast<std::int64_t>(shown) < total) {
    out +=
        "Shown are " + std::to_string(shown) + "; more with --limit, the next ones with --after " +
        (shown == 0 ? std::string("0") : found.at("letters").items().back().at("id").text()) + "\n";
  }
  return out;
}

int list(Asked& asked) {
  StoreHolder holder{asked.store};
  const auto found = give_order(holder, {"GET", "dead", asked.arguments});
  if (!found) return fail_order(found.error());
  if (asked.json) {
    print_json(*found);
  } else {
    print(list_text(*found));
  }
  return kOk;
}

int show(Asked& asked) {
  StoreHolder holder{asked.store};
  const auto letter = give_order(holder, {"GET", "dead/" + std::to_string(asked.id)});
  if (!letter) return fail_order(letter.error());
  if (asked.json) {
    print_json(*letter);
  } else {
    print(outline(*letter, ""));
  }
  return kOk;
}

// ---- edit --------------------------------------------------------------------------------------

Result<Json> read_message(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return Error{Fault::kMisconfigured, "read " + path + ": it is not there, or not readable"};
  }
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  return Json::parse(text, path);
}

Status run_editor(const std::string& path) {
  const char* given = std::getenv("VISUAL");
  if (given == nullptr || *given == '\0') given = std::getenv("EDITOR");
  std::vector<std::string> words = split(given == nullptr || *given == '\0' ? "vi" : given, ' ');
  std::erase(words, "");
  words.push_back(path);
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  pid_t child = 0;
  int status = 0;
  const int trouble =
      ::posix_spawnp(&child, pointers[0], nullptr, nullptr, pointers.data(), environ);
  if (trouble == 0) {
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  }
  return Error{Fault::kMisconfigured, "edit with " + words[0] +
                                          ": it could not be run, or failed; set EDITOR, or give "
                                          "--set or --file"};
}

// What the user's editor makes of the message.
Result<Json> edit_by_hand(const Asked& asked) {
  StoreHolder holder{asked.store};
  const auto letter = give_order(holder, {"GET", "dead/" + std::to_string(asked.id)});
  if (!letter) return letter.error();
  const Json* edited = letter->find("edited");
  const Json& message = edited != nullptr ? edited->at("payload") : letter->at("payload");
  std::string path = "/tmp/navette-letter-XXXXXX.json";
  constexpr int kSuffix = 5;
  const int handle = ::mkstemps(path.data(), kSuffix);
  if (handle < 0) return Error{Fault::kRetryLater, "edit: no temporary file could be made"};
  ::close(handle);
  std::ofstream(path) << message.pretty() << "\n";
  const Status done = run_editor(path);
  auto after = done ? read_message(path) : Result<Json>(done.error());
  ::unlink(path.c_str());
  return after;
}

Result<Json> edit_arguments(const Asked& asked) {
  Json arguments = Json::object();
  if (asked.undo) {
    arguments.set("undo", true);
  } else if (!asked.file.empty()) {
    auto message = read_message(asked.file);
    if (!message) return message.error();
    arguments.set("message", std::move(*message));
  } else if (!asked.sets.empty()) {
    Json& set = arguments.set("set", Json::object());
    for (const std::string& word : asked.sets) {
      const auto equals = word.find('=');
      if (equals == std::string::npos || equals == 0) {
        return Error{Fault::kRejected,
                     "read --set '" + word + "': expected PATH=VALUE, e.g. Subject=\"short\""};
      }
      const std::string text = word.substr(equals + 1);
      const auto value = Json::parse(text);
      set.set(word.substr(0, equals), value ? *value : Json(text));
    }
  } else if (::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1) {
    auto message = edit_by_hand(asked);
    if (!message) return message.error();
    arguments.set("message", std::move(*message));
  } else {
    return Error{Fault::kRejected,
                 "edit: this is no terminal: give --set PATH=VALUE, --file FILE or --undo"};
  }
  return arguments;
}

int edit(Asked& asked) {
  const auto arguments = edit_arguments(asked);
  if (!arguments) return fail_order(arguments.error());
  StoreHolder holder{asked.store};
  const auto letter =
      give_order(holder, {"POST", "dead/" + std::to_string(asked.id) + "/edit", *arguments});
  if (!letter) return fail_order(letter.error());
  if (asked.json) {
    print_json(*letter);
  } else if (const Json* edited = letter->find("edited")) {
    print("Letter " + std::to_string(asked.id) + " is edited; the original stays beside it:\n" +
          outline(edited->at("differs"), "  ") + "Send it with: navette replay " +
          std::to_string(asked.id) + "\n");
  } else {
    print("Letter " + std::to_string(asked.id) + " is as it was received.\n");
  }
  return kOk;
}

// ---- drop --------------------------------------------------------------------------------------

int drop(Asked& asked) {
  const bool chosen = asked.arguments.size() > 1 || asked.arguments.find("all") != nullptr;
  if (!chosen) {
    std::fprintf(stderr,
                 "navette: this would drop every dead letter: name some, filter, or say --all\n");
    return kUsage;
  }
  StoreHolder holder{asked.store};
  const auto done = give_order(holder, {"POST", "dead/drop", asked.arguments});
  if (!done) return fail_order(done.error());
  if (asked.json) {
    print_json(*done);
  } else {
    print(done->at("dropped").text() + " dropped.\n");
  }
  return done->at("dropped").as_int() > 0 ? kOk : kBad;
}

// ---- the commands ------------------------------------------------------------------------------

CLI::App* sub_command(CLI::App& dead, const std::string& name, const std::string& about,
                      const std::string& examples, const std::shared_ptr<Asked>& asked,
                      Chosen& chosen, int (*run)(Asked&)) {
  CLI::App* command = new_command(dead, name, about, examples);
  add_store(*command, asked->store);
  add_json(*command, asked->json);
  command->callback([asked, &chosen, run] { chosen = [asked, run] { return run(*asked); }; });
  return command;
}

void add_list(CLI::App& dead, Chosen& chosen) {
  auto asked = std::make_shared<Asked>();
  CLI::App* command = sub_command(
      dead, "list",
      "Lists dead letters, oldest first, and counts all that the filters find by their reason.",
      "  navette dead list\n"
      "  navette dead list --system tracker --reason 'too long' --since 2d\n"
      "  navette dead list --json | jq '.reasons'",
      asked, chosen, list);
  add_letter_filters(*command, asked->arguments);
  for (const char* name : {"state", "after", "limit"}) {
    const std::string option(name);
    command
        ->add_option_function<std::string>(
            "--" + option,
            [asked, option](const std::string& value) { asked->arguments.set(option, value); },
            option == "state"   ? "Those that ended so: dead, parked, filtered, ... or all"
            : option == "after" ? "Begin after this id"
                                : "List at the most so many (50)")
        ->type_name(option == "state"   ? "STATE"
                    : option == "after" ? "ID"
                                        : "COUNT");
  }
}

void add_edit(CLI::App& dead, Chosen& chosen) {
  auto asked = std::make_shared<Asked>();
  CLI::App* command = sub_command(
      dead, "edit",
      "Keeps an edited message beside the original one; a replay uses the edited one. Without "
      "--set, --file and --undo it opens the editor that VISUAL or EDITOR names.",
      "  navette dead edit 17\n"
      "  navette dead edit 17 --set Subject='Printer on fire' --set CustomFields.Severity=Major\n"
      "  navette dead edit 17 --undo",
      asked, chosen, edit);
  command->add_option("id", asked->id, "The letter, as `navette dead list` numbers it")
      ->type_name("ID")
      ->required();
  command
      ->add_option("--set", asked->sets,
                   "Set a value of the document; JSON, or a text as it is; null removes it")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
  command->add_option("--file", asked->file, "Take the whole message from this file")
      ->type_name("FILE");
  command->add_flag("--undo", asked->undo, "Take the edit back");
}

void add_drop(CLI::App& dead, Chosen& chosen) {
  auto asked = std::make_shared<Asked>();
  CLI::App* command = sub_command(
      dead, "drop",
      "Ends dead letters for good, as filtered, with a line in the journal that says why. Ends "
      "with 1 when none is found.",
      "  navette dead drop 17 18 --because 'test tickets'\n"
      "  navette dead drop --flow acme-support --until 2026-01-01 --because 'agreed with Acme'",
      asked, chosen, drop);
  add_letter_filters(*command, asked->arguments);
  command
      ->add_option_function<std::string>(
          "--because", [asked](const std::string& why) { asked->arguments.set("because", why); },
          "Why; it is kept in the journal")
      ->type_name("TEXT")
      ->required();
  command->add_flag_callback(
      "--all", [asked] { asked->arguments.set("all", true); }, "Every dead letter there is");
}

}  // namespace

void add_dead(CLI::App& root, Chosen& chosen) {
  CLI::App* dead = new_command(
      root, "dead",
      "Dead letters: changes that will not succeed by themselves, kept whole until somebody "
      "replays or drops them. Looking works beside a running hub; what writes is done by the hub "
      "that runs, or by this command when none does.",
      "  navette dead list\n"
      "  navette dead show 17\n"
      "  navette dead replay 17");
  dead->require_subcommand(1);
  add_list(*dead, chosen);
  auto shown = std::make_shared<Asked>();
  CLI::App* show_command = sub_command(
      *dead, "show",
      "Tells one letter whole: the message as it was read, its edit, commands, answers, journal.",
      "  navette dead show 17\n"
      "  navette dead show 17 --json | jq .payload.doc",
      shown, chosen, show);
  show_command->add_option("id", shown->id, "The letter, as `navette dead list` numbers it")
      ->type_name("ID")
      ->required();
  add_edit(*dead, chosen);
  add_replay_to(*dead, "navette dead replay", chosen);
  add_drop(*dead, chosen);
}

}  // namespace navette::tools
