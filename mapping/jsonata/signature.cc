#include "mapping/jsonata/signature.h"

#include <algorithm>
#include <array>
#include <string>

#include "mapping/jsonata/text.h"

namespace navette::jsonata {
namespace {

constexpr unsigned kUndefinedBit = 1U << 7;
constexpr char kNoItem = '!';  // a<>: no item fits

constexpr unsigned bit_of(char letter) {
  return type_bit(letter);
}

unsigned bits_of(std::string_view letters) {
  unsigned bits = 0;
  for (const char letter : letters) bits |= bit_of(letter);
  return bits;
}

constexpr std::array<unsigned char, 11> kLetterOf = {'m', 'l', 'b', 'n', 's', 'a',
                                                     'o', 'f', 'o', 'm', 'm'};  // by Tag

char letter_of(Value value) {
  return static_cast<char>(kLetterOf[static_cast<std::size_t>(value.tag())]);
}

constexpr auto kBitOf = [] {
  std::array<Types, kLetterOf.size()> bits{};
  for (std::size_t i = 0; i < bits.size(); ++i) bits[i] = type_bit(static_cast<char>(kLetterOf[i]));
  return bits;
}();

unsigned bit_of(Value value) {
  return kBitOf[static_cast<std::size_t>(value.tag())];
}

class Compiler {
 public:
  Compiler(std::string_view text, Arena& arena, Failure& failure)
      : text_(text), arena_(arena), failure_(failure) {}

  // Everything up to the colon; what follows is the result's type, which nothing checks.
  const Signature* run() {
    std::array<Parameter, 32> parameters;
    for (at_ = 1; at_ < text_.size() && text_[at_] != ':'; ++at_) {
      if (count_ == parameters.size()) break;
      if (!letter(parameters.data())) return nullptr;
    }
    auto* result = arena_.make<Signature>();
    result->count = count_;
    result->parameters = arena_.array<Parameter>(count_ + 1);
    for (unsigned i = 0; i < count_; ++i) {
      Parameter& parameter = result->parameters[i] = parameters[i];
      if (!parameter.optional || parameter.context) result->as_given_min = i + 1;
      parameter.as_given = !parameter.array && !parameter.repeated && !parameter.lazy;
    }
    return result;
  }

 private:
  bool fail(const char* code, std::string_view value, std::size_t offset) {
    failure_.code = code;
    failure_.value = new_text(arena_, value);
    failure_.has_value = !value.empty();
    failure_.position = static_cast<int>(to_utf16(text_.substr(0, offset)).size());
    return false;
  }

  void add(Parameter* parameters, unsigned accepts, bool array = false) {
    parameters[count_].accepts = static_cast<std::uint16_t>(accepts);
    parameters[count_].array = array;
    ++count_;
  }

  bool letter(Parameter* parameters) {
    Parameter* last = count_ > 0 ? &parameters[count_ - 1] : nullptr;
    switch (const char c = text_[at_]; c) {
      case 's':
      case 'n':
      case 'b':
      case 'l':
      case 'o':
        add(parameters, bit_of(c) | kUndefinedBit);
        break;
      case 'a':
        type_ = "a";
        add(parameters, bits_of("asnblfom"), true);
        return true;
      case 'f':
        add(parameters, bit_of('f'));
        break;
      case 'j':
        add(parameters, bits_of("asnblom"));
        break;
      case 'x':
        add(parameters, bits_of("asnblfom"));
        break;
      case '-':
        if (last != nullptr) {
          last->context = true;
          last->context_accepts = last->accepts;
          may_be_missing(*last);
        }
        return true;
      case '?':
        if (last != nullptr) may_be_missing(*last);
        return true;
      case '+':
        if (last != nullptr) last->repeated = true;
        return true;
      case '(':
        return choice(parameters);
      case '<':
        return subtype(last);
      default:
        return true;
    }
    type_ = text_.substr(at_, 1);
    return true;
  }

  // A second such mark says something about the first: as few as possible.
  static void may_be_missing(Parameter& parameter) {
    if (parameter.optional || parameter.repeated) {
      parameter.lazy = true;
    } else {
      parameter.optional = true;
    }
  }

  // The index of the bracket that closes the one at `open`.
  std::size_t closing(std::size_t open, char opens, char closes) const {
    int depth = 1;
    std::size_t at = open;
    while (depth > 0 && ++at < text_.size()) {
      if (text_[at] == closes) --depth;
      if (text_[at] == opens) ++depth;
    }
    return at;
  }

  bool choice(Parameter* parameters) {
    const std::size_t end = closing(at_, '(', ')');
    const std::string_view letters = text_.substr(at_ + 1, end - at_ - 1);
    if (letters.find('<') != std::string_view::npos) return fail("S0402", letters, at_);
    add(parameters, bits_of(letters) | kUndefinedBit);
    type_ = text_.substr(at_, end - at_ + 1);
    at_ = end;
    return true;
  }

  bool subtype(Parameter* last) {
    if (last == nullptr || (type_ != "a" && type_ != "f")) return fail("S0401", type_, at_);
    const std::size_t end = closing(at_, '<', '>');
    if (type_ == "a") {
      last->item = end > at_ + 1 ? text_[at_ + 1] : kNoItem;
      last->item_alone = end == at_ + 2;
    }
    at_ = end;
    return true;
  }

  std::string_view text_;
  Arena& arena_;
  Failure& failure_;
  std::size_t at_ = 0;
  unsigned count_ = 0;
  std::string_view type_;  // of the parameter read last
};

// Assigns runs of arguments to parameters: greedy, giving back when the rest does not fit.
class Matcher {
 public:
  static constexpr unsigned kParametersMax = 32;

  Matcher(const Signature& signature, Arguments given) : signature_(signature), given_(given) {}

  bool run() { return place(0, 0); }
  unsigned taken(unsigned parameter) const { return taken_[parameter]; }

  // How many arguments the first `parameters` parameters can take; -1: they cannot match at all.
  int prefix(unsigned parameters) {
    partial_ = static_cast<int>(parameters);
    if (!place(0, 0)) return -1;
    unsigned sum = 0;
    for (unsigned i = 0; i < parameters; ++i) sum += taken_[i];
    return static_cast<int>(sum);
  }

 private:
  bool fits(const Parameter& parameter, unsigned argument) const {
    return argument < given_.count && (parameter.accepts & bit_of(given_.values[argument])) != 0;
  }

  bool place(unsigned index, unsigned argument) {
    const unsigned end = partial_ >= 0 ? static_cast<unsigned>(partial_) : signature_.count;
    if (index == end) return partial_ >= 0 || argument == given_.count;
    const Parameter& parameter = signature_.parameters[index];
    unsigned most = 0;
    const unsigned limit = parameter.repeated ? given_.count : 1;
    while (most < limit && fits(parameter, argument + most)) ++most;
    const unsigned least = parameter.optional ? 0 : 1;
    for (unsigned tried = least; tried <= most; ++tried) {
      const unsigned count = parameter.lazy ? tried : most - (tried - least);
      taken_[index] = count;
      if (place(index + 1, argument + count)) return true;
    }
    return false;
  }

  const Signature& signature_;
  Arguments given_;
  int partial_ = -1;
  std::array<unsigned, kParametersMax> taken_{};
};

bool fail_at(Failure& failure, const char* code, Value value, unsigned index) {
  failure.code = code;
  failure.value = value;
  failure.has_value = true;
  failure.index = index + 1;
  return false;
}

bool report_mismatch(const Signature& signature, Arguments given, Failure& failure) {
  unsigned good = 0;
  for (unsigned parameters = 1; parameters <= signature.count; ++parameters) {
    const int reached = Matcher(signature, given).prefix(parameters);
    if (reached < 0) break;
    good = static_cast<unsigned>(reached);
  }
  return fail_at(failure, "T0410", given[good], good);
}

bool items_fit(const Parameter& parameter, Value argument) {
  const char item = parameter.item;
  const char letter = letter_of(argument);
  if (letter != 'a') return parameter.item_alone && letter == item;
  const Array& array = *argument.array();
  if (array.size > 0 && letter_of(array.items[0]) != item) return false;
  for (const Value value : array) {
    if (letter_of(value) != item) return false;
  }
  return true;
}

std::string_view plural_of(char item) {
  switch (item) {
    case 's':
      return "strings";
    case 'n':
      return "numbers";
    case 'b':
      return "booleans";
    case 'a':
      return "arrays";
    case 'o':
      return "objects";
    case 'f':
      return "functions";
    default:
      return "values of that type";
  }
}

}  // namespace

const Signature* compile_signature(std::string_view text, Arena& arena, Failure& failure) {
  return Compiler(text, arena, failure).run();
}

namespace {

// The common case: each argument fits its parameter as it is, and what is missing may be.
bool fits_as_given(const Signature& signature, Arguments given) {
  if (given.count > signature.count || signature.as_given_min > given.count) return false;
  for (unsigned i = 0; i < given.count; ++i) {
    const Parameter& parameter = signature.parameters[i];
    if (!parameter.as_given || (parameter.accepts & bit_of(given.values[i])) == 0) return false;
  }
  return true;
}

}  // namespace

bool match_signature(const Signature& signature, Arguments given, Value context, Arena& arena,
                     Arguments& out, Failure& failure) {
  if (fits_as_given(signature, given)) {
    out = given;
    if (given.count == signature.count) return true;
    out.values = arena.array<Value>(signature.count);
    std::copy(given.values, given.values + given.count, out.values);
    while (out.count < signature.count) out.values[out.count++] = Value();
    return true;
  }
  Matcher matcher(signature, given);
  if (!matcher.run()) return report_mismatch(signature, given, failure);
  out.values = arena.array<Value>(given.count + signature.count + 1);
  out.count = 0;
  unsigned argument = 0;
  for (unsigned i = 0; i < signature.count; ++i) {
    const Parameter& parameter = signature.parameters[i];
    const unsigned taken = matcher.taken(i);
    if (taken == 0) {
      if (!parameter.context) {
        out.values[out.count++] = given[argument++];
        continue;
      }
      if ((parameter.context_accepts & bit_of(context)) == 0) {
        return fail_at(failure, "T0411", context, argument);
      }
      out.values[out.count++] = context;
      continue;
    }
    for (unsigned n = 0; n < taken; ++n, ++argument) {
      Value value = given[argument];
      if (parameter.array && value.defined()) {
        if (parameter.item != '\0' && !items_fit(parameter, value)) {
          failure.value2 = Value(plural_of(parameter.item));
          return fail_at(failure, "T0412", value, argument);
        }
        if (!value.is_array()) {
          Array* wrapped = new_array(arena);
          wrapped->push(arena, value);
          value = Value(wrapped);
        }
      }
      out.values[out.count++] = value;
    }
  }
  return true;
}

}  // namespace navette::jsonata
