#include "store/store.h"

#include <cstdio>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "store/copy.h"
#include "tools/commands.h"
#include "tools/exit.h"
#include "tools/options.h"
#include "tools/store_prune.h"
#include "tools/text.h"

namespace navette::tools {
namespace {

struct Asked {
  StoreOption store;
  std::string from;
  std::string to;
  bool json = false;
};

// A line on the terminal, rewritten now and then; nothing in a pipe.
void show_progress(std::int64_t done, std::int64_t all) {
  if (::isatty(STDERR_FILENO) == 0) return;
  std::fprintf(stderr, "\r%lld of %lld rows", static_cast<long long>(done),
               static_cast<long long>(all));
  if (done == all) std::fputs("\r\x1b[K", stderr);
}

int copy(const std::string& from, const std::string& to, bool json) {
  const auto copied = copy_store(from, to, show_progress);
  if (!copied) return fail(copied.error());
  Json report = Json::object();
  report.set("from", shown_place(from));
  report.set("to", shown_place(to));
  Json& counts = report.set("rows", Json::object());
  Table table({"table", "rows"});
  for (const CopiedTable& one : *copied) {
    counts.set(one.name, one.rows);
    table.add({one.name, std::to_string(one.rows)});
  }
  if (json) {
    print_json(report);
  } else {
    print(table.text());
    print("copied to " + shown_place(to) + ", read back and compared: the same\n");
  }
  return kOk;
}

int copy_configured(const Asked& asked, bool backup) {
  const auto place = store_place(asked.store);
  if (!place) return fail(place.error());
  const std::string file = "sqlite:" + (backup ? asked.to : asked.from);
  return backup ? copy(*place, file, asked.json) : copy(file, *place, asked.json);
}

}  // namespace

void add_store_commands(CLI::App& root, Chosen& chosen) {
  CLI::App* group = new_command(root, "store", "Copies, backs up, restores and prunes the store.",
                                "  navette store backup /backup/navette-2026-11-27.db");
  group->require_subcommand(1);
  auto asked = std::make_shared<Asked>();

  CLI::App* copies = new_command(
      *group, "copy",
      "Copies a whole store, as it is at one moment, into one that is empty or not there; then "
      "reads everything back and compares. A hub may work on the first one meanwhile; to move to "
      "the second one, stop it before. A password belongs into ~/.pgpass or PGPASSWORD.",
      "  navette store copy sqlite:/var/lib/navette/navette.db "
      "postgresql://navette@db.example/navette");
  copies->add_option("from", asked->from, "The store that is read")->type_name("FROM")->required();
  copies->add_option("to", asked->to, "The store that is filled")->type_name("TO")->required();
  add_json(*copies, asked->json);
  copies->callback(
      [asked, &chosen] { chosen = [asked] { return copy(asked->from, asked->to, asked->json); }; });

  CLI::App* backup =
      new_command(*group, "backup",
                  "Copies the store of this configuration into a new file, while the hub runs.",
                  "  navette store backup /backup/navette-2026-11-27.db");
  backup->add_option("file", asked->to, "The file, which must not exist")
      ->type_name("FILE")
      ->required();
  add_store(*backup, asked->store);
  add_json(*backup, asked->json);
  backup->callback(
      [asked, &chosen] { chosen = [asked] { return copy_configured(*asked, true); }; });

  CLI::App* restore = new_command(
      *group, "restore",
      "Fills the store of this configuration, which must be empty or not there, from a backup. "
      "The hub reads on from the cursors of the backup and sees again what changed since.",
      "  navette store restore /backup/navette-2026-11-27.db");
  restore->add_option("file", asked->from, "The backup")->type_name("FILE")->required();
  add_store(*restore, asked->store);
  add_json(*restore, asked->json);
  restore->callback(
      [asked, &chosen] { chosen = [asked] { return copy_configured(*asked, false); }; });

  add_store_prune(*group, chosen);
}

}  // namespace navette::tools
