#include "mapping/jsonata/builtins.h"

namespace navette::jsonata {
Value builtin_format_number(const Call& call, Arguments) {
  return call.run.fail("D3130");
}
Value builtin_format_integer(const Call& call, Arguments) {
  return call.run.fail("D3130");
}
Value builtin_parse_integer(const Call& call, Arguments) {
  return call.run.fail("D3130");
}
Value builtin_to_millis(const Call& call, Arguments) {
  return call.run.fail("D3130");
}
Value builtin_from_millis(const Call& call, Arguments) {
  return call.run.fail("D3130");
}
Value builtin_now(const Call& call, Arguments) {
  return call.run.fail("D3130");
}
Value builtin_millis(const Call& call, Arguments) {
  return Value(call.run.now_millis());
}
}  // namespace navette::jsonata
