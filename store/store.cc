#include "store/store.h"

namespace navette {

std::string_view to_text(Lane lane) {
  switch (lane) {
    case Lane::kLive:
      return "live";
    case Lane::kRepair:
      return "repair";
    case Lane::kBackfill:
      return "backfill";
  }
  return "unknown";
}

Lane lane_of(const std::string& origin) {
  if (origin == "backfill") return Lane::kBackfill;
  const bool repair = origin == "sweep" || origin == "replay" || origin == "repair";
  return repair ? Lane::kRepair : Lane::kLive;
}

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
