// Whether the two sides of links agree: many links at once by digests, and one of them field by
// field. Pure: reads values, decides, writes nothing. `navette verify` stands on it.
//
// A digest is of mapped, normalised values (Mapping::read()), of those fields that both sides last
// agreed on. What a system's list shows is summed up in buckets, and what the links' bases say as
// well; a bucket whose sums are equal holds nothing that differs, however many links it has.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "navette/connector.h"
#include "navette/json.h"

#include "mapping/mapping.h"
#include "store/store.h"
#include "sync/link_state.h"

namespace navette {

// 128 bits, not against malice. Sums do not depend on the order.
struct FieldDigest {
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  void add(const FieldDigest& other) {
    a += other.a;
    b += other.b;
  }
  bool operator==(const FieldDigest&) const = default;
};

// What `side` of a link held when both agreed, marks included.
FieldDigest agreed_digest(const Mapping& mapping, const LinkRow& link, const LinkState& state,
                          Side side);
// What the record holds now in the same fields; equal when it holds what was agreed on.
FieldDigest held_digest(const Mapping& mapping, const LinkRow& link, const LinkState& state,
                        Side side, const Record& record);

// Sums by link. Memory does not grow with the links.
class DigestBuckets {
 public:
  static constexpr std::size_t kCount = 4096;

  DigestBuckets() : sums_(kCount) {}
  static std::size_t bucket_of(std::int64_t link);
  void add(std::int64_t link, const FieldDigest& digest) { sums_[bucket_of(link)].add(digest); }
  // Whether the bucket of this link is equal in both.
  static bool equal(const DigestBuckets& a, const DigestBuckets& b, std::int64_t link) {
    return a.sums_[bucket_of(link)] == b.sums_[bucket_of(link)];
  }

 private:
  std::vector<FieldDigest> sums_;
};

// One thing in which a pair of tickets is not the same.
struct PairDifference {
  enum class What : unsigned char {
    kField,
    kMissing,  // a ticket is deleted, was merged, or is not visible
    kComment,  // has no copy on the other side
    kFile,
    kRemoved,  // a comment or file whose twin is gone: it stays, nothing is done
  };
  enum class Known : unsigned char {
    kNo,      // the store says that both sides agree: it diverged
    kParked,  // held back, with a reason
    kAgreed,  // both hold what was agreed on, though the mapping would not make one of the other
  };
  What what = What::kField;
  Known known = Known::kNo;
  Side side = Side::kProvider;  // that lacks it, or would be written
  std::string name;             // the rule, or "comment client:55"
  std::string why;
  std::int64_t since = 0;  // kParked: ms since 1970
  Sides<Json> now;         // kField: what the sides hold
  Json wanted;             // kField: what `side` should hold
  Place place;             // of the rule
};

struct PairInput {
  const FlowConfig& flow;
  const Mapping& mapping;
  const LinkRow& link;
  const LinkState& state;
  const std::vector<ChildRow>& rows;
  const Record& client;
  const Record& provider;
  const Description& client_system;
  const Description& provider_system;
  std::int64_t now = 0;  // ms since 1970
};

// REQUIRES: both records are complete, or deleted.
std::vector<PairDifference> compare_pair(const PairInput& input);

}  // namespace navette
