#include "mapping/jsonata/builtins.h"

#include <iterator>
#include <string>
#include <vector>

namespace navette::jsonata {

namespace {

constexpr Builtin kBuiltins[] = {
    {"sum", "<a<n>:n>", 1, 1, builtin_sum},
    {"count", "<a:n>", 1, 1, builtin_count},
    {"max", "<a<n>:n>", 1, 1, builtin_max},
    {"min", "<a<n>:n>", 1, 1, builtin_min},
    {"average", "<a<n>:n>", 1, 1, builtin_average},
    {"string", "<x-b?:s>", 1, 2, builtin_string},
    {"substring", "<s-nn?:s>", 3, 3, builtin_substring},
    {"substringBefore", "<s-s:s>", 2, 2, builtin_substring_before},
    {"substringAfter", "<s-s:s>", 2, 2, builtin_substring_after},
    {"lowercase", "<s-:s>", 1, 1, builtin_lowercase},
    {"uppercase", "<s-:s>", 1, 1, builtin_uppercase},
    {"length", "<s-:n>", 1, 1, builtin_length},
    {"trim", "<s-:s>", 1, 1, builtin_trim},
    {"pad", "<s-ns?:s>", 3, 3, builtin_pad},
    {"match", "<s-f<s:o>n?:a<o>>", 3, 3, builtin_match},
    {"contains", "<s-(sf):b>", 2, 2, builtin_contains},
    {"replace", "<s-(sf)(sf)n?:s>", 4, 4, builtin_replace},
    {"split", "<s-(sf)n?:a<s>>", 3, 3, builtin_split},
    {"join", "<a<s>s?:s>", 2, 2, builtin_join},
    {"formatNumber", "<n-so?:s>", 3, 3, builtin_format_number},
    {"formatBase", "<n-n?:s>", 2, 2, builtin_format_base},
    {"formatInteger", "<n-s:s>", 2, 2, builtin_format_integer},
    {"parseInteger", "<s-s:n>", 2, 2, builtin_parse_integer},
    {"number", "<(nsb)-:n>", 1, 1, builtin_number},
    {"floor", "<n-:n>", 1, 1, builtin_floor},
    {"ceil", "<n-:n>", 1, 1, builtin_ceil},
    {"round", "<n-n?:n>", 2, 2, builtin_round},
    {"abs", "<n-:n>", 1, 1, builtin_abs},
    {"sqrt", "<n-:n>", 1, 1, builtin_sqrt},
    {"power", "<n-n:n>", 2, 2, builtin_power},
    {"random", "<:n>", 0, 0, builtin_random},
    {"boolean", "<x-:b>", 1, 1, builtin_boolean},
    {"not", "<x-:b>", 1, 1, builtin_not},
    {"map", "<af>", 2, 2, builtin_map},
    {"zip", "<a+>", 0, 0, builtin_zip},
    {"filter", "<af>", 2, 2, builtin_filter},
    {"single", "<af?>", 2, 2, builtin_single},
    {"reduce", "<afj?:j>", 3, 3, builtin_reduce},
    {"sift", "<o-f?:o>", 2, 2, builtin_sift},
    {"keys", "<x-:a<s>>", 1, 1, builtin_keys},
    {"lookup", "<x-s:x>", 2, 2, builtin_lookup},
    {"append", "<xx:a>", 2, 2, builtin_append},
    {"exists", "<x:b>", 1, 1, builtin_exists},
    {"spread", "<x-:a<o>>", 1, 1, builtin_spread},
    {"merge", "<a<o>:o>", 1, 1, builtin_merge},
    {"reverse", "<a:a>", 1, 1, builtin_reverse},
    {"each", "<o-f:a>", 2, 2, builtin_each},
    {"error", "<s?:x>", 1, 1, builtin_error},
    {"assert", "<bs?:x>", 2, 2, builtin_assert},
    {"type", "<x:s>", 1, 1, builtin_type},
    {"sort", "<af?:a>", 2, 2, builtin_sort},
    {"shuffle", "<a:a>", 1, 1, builtin_shuffle},
    {"distinct", "<x:x>", 1, 1, builtin_distinct},
    {"base64encode", "<s-:s>", 1, 1, builtin_base64_encode},
    {"base64decode", "<s-:s>", 1, 1, builtin_base64_decode},
    {"encodeUrlComponent", "<s-:s>", 1, 1, builtin_encode_url_component},
    {"encodeUrl", "<s-:s>", 1, 1, builtin_encode_url},
    {"decodeUrlComponent", "<s-:s>", 1, 1, builtin_decode_url_component},
    {"decodeUrl", "<s-:s>", 1, 1, builtin_decode_url},
    {"eval", "<sx?:x>", 2, 2, builtin_eval},
    {"toMillis", "<s-s?:n>", 2, 2, builtin_to_millis},
    {"fromMillis", "<n-s?s?:s>", 3, 3, builtin_from_millis},
    {"clone", "<(oa)-:o>", 1, 1, builtin_clone},
    {"now", "<s?s?:s>", 2, 2, builtin_now},
    {"millis", "<:n>", 0, 0, builtin_millis},
};

struct Signatures {
  Signatures() {
    Failure ignored;
    for (const Builtin& builtin : kBuiltins) {
      all.push_back(compile_signature(builtin.signature, arena, ignored));
    }
    transform = compile_signature("<(oa):o>", arena, ignored);
  }
  Arena arena;
  std::vector<const Signature*> all;
  const Signature* transform;
};

const Signatures& signatures() {
  static const Signatures kSignatures;
  return kSignatures;
}

}  // namespace

std::vector<std::string> builtin_names() {
  std::vector<std::string> names;
  for (const Builtin& builtin : kBuiltins) names.emplace_back(builtin.name);
  return names;
}

int builtin_count() {
  return static_cast<int>(std::size(kBuiltins));
}

const Builtin& builtin_at(int index) {
  return kBuiltins[index];
}

Value missing_argument(const Call& call, unsigned index) {
  call.run.fail("T0410", Value());
  call.run.failure().index = index + 1;
  return Value::fail();
}

const Signature* builtin_signature(int index) {
  return signatures().all[static_cast<std::size_t>(index)];
}

const Signature* transform_signature() {
  return signatures().transform;
}

}  // namespace navette::jsonata
