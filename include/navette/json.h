// A JSON value (RFC 8259) that can be built, read, changed, compared and printed.
//
// Objects keep the order of their members. Integers that fit 64 bits and every other number that a
// double does not carry exactly are kept exact: a copied id is never rounded.
//
// Missing, null and empty are three things: find() gives nullptr for missing.
//
// Thread safety: a plain value; concurrent reads of one value are safe.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "navette/result.h"

namespace navette {

class Json {
 public:
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;
  // A number kept as its text, since neither int64_t nor double carries it exactly.
  struct BigNumber {
    std::string text;
    bool operator==(const BigNumber&) const = default;
  };

  Json() = default;                                      // null
  Json(std::nullptr_t) {}                                // NOLINT(google-explicit-constructor)
  Json(bool value) : value_(value) {}                    // NOLINT(google-explicit-constructor)
  Json(int value) : value_(std::int64_t{value}) {}       // NOLINT(google-explicit-constructor)
  Json(std::int64_t value) : value_(value) {}            // NOLINT(google-explicit-constructor)
  Json(double value) : value_(value) {}                  // NOLINT(google-explicit-constructor)
  Json(BigNumber value) : value_(std::move(value)) {}    // NOLINT(google-explicit-constructor)
  Json(std::string value) : value_(std::move(value)) {}  // NOLINT(google-explicit-constructor)
  // NOLINTNEXTLINE(google-explicit-constructor)
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(const char* value) : value_(std::string(value)) {}  // NOLINT(google-explicit-constructor)
  Json(Array value) : value_(std::move(value)) {}          // NOLINT(google-explicit-constructor)
  Json(Object value) : value_(std::move(value)) {}         // NOLINT(google-explicit-constructor)

  static Json object() { return Json(Object{}); }
  static Json array() { return Json(Array{}); }

  // Parse one whole document. `what` names the input in the error, e.g. "answer of tracker".
  // Duplicate keys: the last one wins. A lone surrogate becomes U+FFFD. Depth is limited to 512.
  // Errors: kRejected with the byte offset.
  static Result<Json> parse(std::string_view text, std::string_view what = "JSON");

  // Compact text; the same value always prints the same bytes.
  std::string dump() const;
  // Text for people: two spaces a level.
  std::string pretty() const;

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  bool is_bool() const { return std::holds_alternative<bool>(value_); }
  bool is_int() const { return std::holds_alternative<std::int64_t>(value_); }
  bool is_double() const { return std::holds_alternative<double>(value_); }
  bool is_number() const {
    return is_int() || is_double() || std::holds_alternative<BigNumber>(value_);
  }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  bool is_array() const { return std::holds_alternative<Array>(value_); }
  bool is_object() const { return std::holds_alternative<Object>(value_); }
  std::string_view type_name() const;  // "null", "boolean", "number", "string", "array", "object"

  // The value, or `fallback` when it is of another type.
  bool as_bool(bool fallback = false) const;
  std::int64_t as_int(std::int64_t fallback = 0) const;
  double as_double(double fallback = 0) const;
  std::string_view as_string(std::string_view fallback = {}) const;
  // A scalar as text: a string as it is, numbers and booleans as JSON prints them, null as "".
  std::string text() const;

  // REQUIRES: is_array() / is_object().
  const Array& items() const { return std::get<Array>(value_); }
  Array& items() { return std::get<Array>(value_); }
  const Object& members() const { return std::get<Object>(value_); }
  Object& members() { return std::get<Object>(value_); }

  // The member, or nullptr when this is no object or has no such member. O(members).
  const Json* find(std::string_view key) const;
  Json* find(std::string_view key);
  // find() that gives a null value for what is missing.
  const Json& at(std::string_view key) const;
  // Add or replace a member; a null value becomes an object first. REQUIRES: null or object.
  Json& set(std::string_view key, Json value);
  // Remove a member; says whether it was there.
  bool erase(std::string_view key);
  // Append an item; a null value becomes an array first. REQUIRES: null or array.
  Json& push(Json value);
  // Items of an array, members of an object, else 0.
  std::size_t size() const;

  // Deep; members in any order; 1 and 1.0 are equal.
  friend bool operator==(const Json& a, const Json& b);

 private:
  std::variant<std::monostate, bool, std::int64_t, double, BigNumber, std::string, Array, Object>
      value_;
};

}  // namespace navette
