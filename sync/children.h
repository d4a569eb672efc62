// What the comments and files of a linked pair need. Pure: decides, writes nothing.
//
// A comment is known by its id in the store, never by its author: what has no row is new. A copy is
// never wider than its source: internal stays internal, and where the target can't keep it so, it
// is not written at all.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "navette/connector.h"

#include "config/model.h"
#include "mapping/mapping.h"
#include "store/store.h"

namespace navette {

struct ChildStep {
  enum class Kind : unsigned char {
    kComment,   // post `text` on the other side for comment `id`
    kEdited,    // the comment `id` has a new text: post it again
    kAttach,    // copy the file `id`
    kStub,      // post `text` in place of the file `id`
    kWithhold,  // stays on its side, on purpose: remember that
    kBlocked,   // may not be written now: park it, try again later
    kRemember,  // only the stored state of `row` changes
  };
  Kind kind = Kind::kRemember;
  Side source = Side::kClient;
  std::string id;
  std::string created_at;
  Visibility visibility = Visibility::kInternal;  // on the target
  std::string text;                               // in the target's markup
  std::string hash;                               // of the source's text
  Attachment file;                                // kAttach, kStub
  ChildRow row;                                   // kEdited, kRemember: the row that is there
  std::string reason;
};

struct ChildInput {
  const FlowConfig& flow;
  const Mapping& mapping;
  const std::vector<ChildRow>& rows;
  const Record& client;
  const Record& provider;
  const Description& client_system;
  const Description& provider_system;
};

// In the order in which the comments and files were made.
std::vector<ChildStep> plan_children(const ChildInput& input);

// Which visibility a comment or file gets on `target`; nothing: it stays where it is.
std::optional<Visibility> visibility_on(const FlowConfig& flow, Side target, Visibility source);

// A text's identity: the same for every spelling of line ends and outer blanks.
std::string text_hash(const std::string& text);
// Whether two texts are the same but for line ends and blanks.
bool same_text(const std::string& a, const std::string& b);

const std::string& id_of(const ChildRow& row, Side side);
void set_id(ChildRow& row, Side side, std::string id);
std::string hash_in(const ChildRow& row, Side side);
void set_hash(ChildRow& row, Side side, const std::string& hash);

}  // namespace navette
