// What is known of a side's documents before the first one comes: from its JSON Schema and its
// samples.
//
// A Spot is a place in the documents. Names are asked of the items of lists, as paths ask them.
// Of JSON Schema this reads: type, properties, required, additionalProperties, patternProperties,
// items, enum, const, maxLength, format, readOnly, combinations by allOf, anyOf and oneOf, and $ref
// within the file. Anything else is taken as saying nothing.
//
// Thread safety: plain values that point into the Endpoint; immutable.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "navette/json.h"

#include "config/model.h"

namespace navette {

// Kinds of values, as bits.
enum : unsigned {
  kNullValue = 1,
  kBooleanValue = 2,
  kIntegerValue = 4,
  kFractionValue = 8,
  kTextValue = 16,
  kListValue = 32,
  kObjectValue = 64,
  kAnyValue = 127,
  kNumberValue = kIntegerValue | kFractionValue,
};
unsigned kind_of_value(const Json& value);
// "a text or null".
std::string kinds_text(unsigned kinds);

struct Spot {
  // One of these holds; of each, all parts do. None: no schema says anything.
  std::vector<std::vector<const Json*>> schemas;
  std::vector<const Json*> samples;  // what stands there in the samples that have it
  bool constant = false;             // nothing is known, and nothing can be found missing
};

class Facts {
 public:
  // `endpoint` must outlive it.
  explicit Facts(const Endpoint& endpoint);

  bool has_schema() const { return endpoint_.schema.has_value(); }
  bool has_samples() const { return !endpoint_.samples.empty(); }
  bool any() const { return has_schema() || has_samples(); }

  Spot root() const;

  struct Member {
    enum class How : unsigned char {
      kKnown,       // declared, or seen where there is no schema
      kAllowed,     // not declared, but the schema leaves room for other names
      kUndeclared,  // the schema says nothing of it
      kForbidden,   // the schema closes the object
      kNoObject,    // what stands there has no members
      kUnseen,      // no schema, and in no sample
    };
    How how = How::kKnown;
    bool seen = false;  // some sample has it
    Spot spot;
    std::vector<std::string> known;  // the names that are there
  };
  Member member(const Spot& spot, std::string_view name) const;
  // The items of a list; of anything else the spot itself.
  Spot items(const Spot& spot) const;

  // The kinds of values by the schema; kAnyValue when it does not say.
  unsigned kinds(const Spot& spot) const;
  // The only values there are, by enum or const; nothing when the schema does not list them.
  std::optional<std::vector<Json>> choices(const Spot& spot) const;
  // The longest text by the schema.
  std::optional<std::size_t> length_max(const Spot& spot) const;
  std::string format(const Spot& spot) const { return word(spot, "format"); }
  // A text member of the schema by that name: "x-unit": "seconds".
  std::string word(const Spot& spot, std::string_view key) const;
  bool read_only(const Spot& spot) const;
  // The members that must be there; their names.
  std::vector<std::string> required(const Spot& spot) const;
  // Members the schema declares.
  std::vector<std::string> declared(const Spot& spot) const;

  // Documents to try things with: the samples; without any, one that has everything the schema
  // declares.
  std::vector<Json> examples(const Spot& spot) const;
  // Values to try things with at a spot: of samples, choices, and one made by the schema.
  std::vector<Json> values(const Spot& spot) const;

 private:
  std::vector<std::vector<const Json*>> expand(const Json& schema) const;
  std::vector<std::vector<const Json*>> expand(const Json& schema, int depth, int* budget) const;
  const Json* resolve(std::string_view reference) const;
  // A plain value of the kind that the schema asks for.
  Json make(const Spot& spot, std::string_view name) const;
  Json make(const Spot& spot, std::string_view name, int depth, int* budget) const;

  const Endpoint& endpoint_;
};

}  // namespace navette
