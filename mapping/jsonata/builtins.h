// The functions of the language, by topic. Each gets arguments that its signature has checked.

#pragma once

#include "mapping/jsonata/eval.h"

namespace navette::jsonata {

#define NAVETTE_JSONATA_BUILTIN(name) Value builtin_##name(const Call& call, Arguments arguments)

// T0410 for an argument that the signature lets be undefined but the function cannot do without.
Value missing_argument(const Call& call, unsigned index);

// builtins_number.cc
NAVETTE_JSONATA_BUILTIN(sum);
NAVETTE_JSONATA_BUILTIN(count);
NAVETTE_JSONATA_BUILTIN(max);
NAVETTE_JSONATA_BUILTIN(min);
NAVETTE_JSONATA_BUILTIN(average);
NAVETTE_JSONATA_BUILTIN(number);
NAVETTE_JSONATA_BUILTIN(floor);
NAVETTE_JSONATA_BUILTIN(ceil);
NAVETTE_JSONATA_BUILTIN(round);
NAVETTE_JSONATA_BUILTIN(abs);
NAVETTE_JSONATA_BUILTIN(sqrt);
NAVETTE_JSONATA_BUILTIN(power);
NAVETTE_JSONATA_BUILTIN(random);
NAVETTE_JSONATA_BUILTIN(format_base);
NAVETTE_JSONATA_BUILTIN(boolean);
NAVETTE_JSONATA_BUILTIN(not );

// builtins_string.cc
NAVETTE_JSONATA_BUILTIN(string);
NAVETTE_JSONATA_BUILTIN(substring);
NAVETTE_JSONATA_BUILTIN(substring_before);
NAVETTE_JSONATA_BUILTIN(substring_after);
NAVETTE_JSONATA_BUILTIN(lowercase);
NAVETTE_JSONATA_BUILTIN(uppercase);
NAVETTE_JSONATA_BUILTIN(length);
NAVETTE_JSONATA_BUILTIN(trim);
NAVETTE_JSONATA_BUILTIN(pad);
NAVETTE_JSONATA_BUILTIN(join);

// builtins_match.cc
NAVETTE_JSONATA_BUILTIN(match);
NAVETTE_JSONATA_BUILTIN(contains);
NAVETTE_JSONATA_BUILTIN(replace);
NAVETTE_JSONATA_BUILTIN(split);

// builtins_encode.cc
NAVETTE_JSONATA_BUILTIN(base64_encode);
NAVETTE_JSONATA_BUILTIN(base64_decode);
NAVETTE_JSONATA_BUILTIN(encode_url_component);
NAVETTE_JSONATA_BUILTIN(encode_url);
NAVETTE_JSONATA_BUILTIN(decode_url_component);
NAVETTE_JSONATA_BUILTIN(decode_url);

// builtins_list.cc
NAVETTE_JSONATA_BUILTIN(map);
NAVETTE_JSONATA_BUILTIN(zip);
NAVETTE_JSONATA_BUILTIN(filter);
NAVETTE_JSONATA_BUILTIN(single);
NAVETTE_JSONATA_BUILTIN(reduce);
NAVETTE_JSONATA_BUILTIN(append);
NAVETTE_JSONATA_BUILTIN(reverse);
NAVETTE_JSONATA_BUILTIN(sort);
NAVETTE_JSONATA_BUILTIN(shuffle);
NAVETTE_JSONATA_BUILTIN(distinct);

// builtins_object.cc
NAVETTE_JSONATA_BUILTIN(sift);
NAVETTE_JSONATA_BUILTIN(keys);
NAVETTE_JSONATA_BUILTIN(lookup);
NAVETTE_JSONATA_BUILTIN(exists);
NAVETTE_JSONATA_BUILTIN(spread);
NAVETTE_JSONATA_BUILTIN(merge);
NAVETTE_JSONATA_BUILTIN(each);
NAVETTE_JSONATA_BUILTIN(error);
NAVETTE_JSONATA_BUILTIN(assert);
NAVETTE_JSONATA_BUILTIN(type);
NAVETTE_JSONATA_BUILTIN(eval);
NAVETTE_JSONATA_BUILTIN(clone);

// builtins_picture.cc
NAVETTE_JSONATA_BUILTIN(format_number);
NAVETTE_JSONATA_BUILTIN(format_integer);
NAVETTE_JSONATA_BUILTIN(parse_integer);
NAVETTE_JSONATA_BUILTIN(to_millis);
NAVETTE_JSONATA_BUILTIN(from_millis);
NAVETTE_JSONATA_BUILTIN(now);
NAVETTE_JSONATA_BUILTIN(millis);

}  // namespace navette::jsonata
