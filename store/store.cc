#include "store/store.h"

namespace navette {

std::string_view to_text(Disposition disposition) {
  switch (disposition) {
    case Disposition::kPending:
      return "pending";
    case Disposition::kDelivered:
      return "delivered";
    case Disposition::kUnchanged:
      return "unchanged";
    case Disposition::kFiltered:
      return "filtered";
    case Disposition::kParked:
      return "parked";
    case Disposition::kDead:
      return "dead";
  }
  return "unknown";
}

}  // namespace navette
