#include "store/refusals.h"

#include <utility>

namespace navette {
namespace {

Error refuse(std::string message) {
  return {Fault::kRejected, std::move(message)};
}

}  // namespace

Error twin_refused(Store& store, const LinkRow& link, const Error& refused) {
  for (const Side side : {Side::kClient, Side::kProvider}) {
    auto holder = store.link_of(link.flow, side, link.id_of(side));
    if (!holder) return holder.error();
    if (!holder->has_value() || (*holder)->id == link.id) continue;
    return refuse("put link " + std::to_string(link.id) + " of flow " + link.flow + ": its " +
                  to_text(side) + " ticket " + link.id_of(side) + " belongs to link " +
                  std::to_string((*holder)->id) + " already (with the " + to_text(other(side)) +
                  " ticket \"" + (*holder)->id_of(other(side)) + "\"): a ticket has one twin");
  }
  return refused;
}

Error child_refused(Store& store, const ChildRow& child, const Error& refused) {
  const std::string what = "put " + child.kind + " " + std::to_string(child.id) + " of link " +
                           std::to_string(child.link) + ": ";
  auto parent = store.link(child.link);
  if (!parent) return parent.error();
  if (!parent->has_value()) return refuse(what + "there is no such link");
  auto siblings = store.children(child.link);
  if (!siblings) return siblings.error();
  for (const ChildRow& sibling : *siblings) {
    if (sibling.id == child.id || sibling.kind != child.kind) continue;
    for (const Side side : {Side::kClient, Side::kProvider}) {
      const std::string& id = side == Side::kClient ? child.client_id : child.provider_id;
      const std::string& taken = side == Side::kClient ? sibling.client_id : sibling.provider_id;
      if (id.empty() || id != taken) continue;
      return refuse(what + "its " + to_text(side) + " id " + id + " belongs to " + child.kind +
                    " " + std::to_string(sibling.id) + " already");
    }
  }
  return refused;
}

Error command_refused(const CommandRow& command, std::int64_t holder, const Error& refused) {
  if (holder == 0) return refused;
  return refuse("put command " + std::to_string(command.id) + ": its key " + command.key +
                " belongs to command " + std::to_string(holder) +
                " already: one intended write has one key");
}

}  // namespace navette
