// Calls: what each function does with its arguments, as far as reads are concerned.

#include <algorithm>

#include "mapping/jsonata/analyse.h"
#include "mapping/jsonata/picture_date.h"
#include "mapping/jsonata/picture_integer.h"

namespace navette::jsonata {
namespace {

constexpr unsigned kNone = type_bit('m');
constexpr unsigned kText = type_bit('s');
constexpr unsigned kNumber = type_bit('n');
constexpr unsigned kContainers = type_bit('a') | type_bit('o');
constexpr unsigned kAny = 255;

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// What a function gives, by the letter after the colon of its signature.
unsigned result_types(const Builtin& builtin) {
  if (is_one_of(builtin.name, {"exists", "count", "now", "millis", "random"})) {
    return builtin.name == "now" ? kText : builtin.name == "exists" ? type_bit('b') : kNumber;
  }
  const std::size_t colon = builtin.signature.rfind(':');
  if (colon == std::string_view::npos) return kAny;
  const char letter = builtin.signature[colon + 1];
  // A list of one item may come out as that item.
  return letter == 'a' || letter == 'x' || letter == 'j' ? kAny : type_bit(letter) | kNone;
}

// How many arguments a call needs beside the one that the context can give.
unsigned needed(const Signature& signature) {
  unsigned count = 0;
  for (unsigned i = 1; i < signature.count; ++i) {
    if (!signature.parameters[i].optional) ++count;
  }
  return count;
}

}  // namespace

void Analyser::consume_all(const Origins& given, const Node* node) {
  for (const Origin& origin : given) consume(origin, node);
}

Origin Analyser::call(const Node* node, const Origin& input, const Origin* first) {
  const Origin function = eval(node->left, input);
  if (node->left->kind == Kind::kVariable && !function.hosts.empty()) called(node->left, true);
  Origins given;
  if (first != nullptr) given.push_back(*first);
  for (const Node* item : node->items) given.push_back(eval(item, input));
  if (function.types != type_bit('f')) risk(node, "T1006");
  if (!node->tail || lambda_ == nullptr) return apply(function, given, input, node);
  // A call in tail position sees the context of the call that led to it.
  Origin context = input;
  merge(context, lambdas_[lambda_].context);
  return apply(function, given, context, node);
}

Origin Analyser::apply(const Origin& function, const Origins& given, const Origin& context,
                       const Node* node) {
  Origin result;
  for (const Symbol builtin : function.builtins) {
    merge(result, apply_builtin(builtin, given, context, node));
  }
  for (const Node* lambda : function.lambdas) {
    merge(result, apply_lambda(lambda, given, context, node));
  }
  for (const std::string_view host : function.hosts) {
    merge(result, apply_host(host, given, context, node));
  }
  const bool known =
      !function.builtins.empty() || !function.lambdas.empty() || !function.hosts.empty();
  if (!function.unknown && known) return result;
  consume_all(given, node);
  if (contextual_) consume(context, node);
  for (auto& [lambda, state] : lambdas_) {
    if (state.escaped) join(state.context, context);
  }
  merge(result, derived(kAny));
  return result;
}

Origin Analyser::apply_lambda(const Node* lambda, const Origins& given, const Origin& context,
                              const Node* node) {
  const List<Symbol>& parameters = lambda->parameters;
  join(lambdas_[lambda].context, context);
  if (lambda->signature == nullptr) {
    for (unsigned i = 0; i < parameters.size; ++i) {
      join(variables_[parameters[i]], i < given.size() ? given[i] : derived(kNone));
    }
    return lambdas_[lambda].result;
  }
  // The signature may move the context in and arguments along.
  risk(node, "T0410");
  for (const Symbol parameter : parameters) {
    for (const Origin& origin : given) join(variables_[parameter], origin);
    join(variables_[parameter], context);
    join(variables_[parameter], derived(kNone | type_bit('a')));
  }
  return lambdas_[lambda].result;
}

Origin Analyser::apply_host(std::string_view name, const Origins& given, const Origin& context,
                            const Node* node) {
  consume_all(given, node);
  risk(node, "U1003", name);
  const auto host = std::find_if(hosts_.begin(), hosts_.end(),
                                 [name](const HostFunction& lent) { return lent.name == name; });
  const bool takes_context = host == hosts_.end() || host->signature.find('-') != std::string::npos;
  if (takes_context) consume(context, node);
  return derived(kAny);
}

Origin Analyser::apply_builtin(Symbol symbol, Origins given, const Origin& context,
                               const Node* node) {
  const Builtin& builtin = builtin_at(symbol);
  const Signature& signature = *builtin_signature(symbol);
  fill_context(signature, given, context, node);
  check_types(builtin, signature, given, node);
  check_values(builtin.name, given, node);
  Origin result;
  if (higher_order(builtin.name, given, node, result)) return result;
  if (is_one_of(builtin.name, {"exists", "count", "type"})) {
    for (const Origin& origin : given) touch(origin, node);
    return derived(result_types(builtin));
  }
  if (is_one_of(builtin.name, {"append", "reverse", "shuffle", "distinct"})) {
    if (builtin.name == "distinct") consume_all(given, node);
    for (const Origin& origin : given) merge(result, origin);
    result.types = kAny;
    result.literal = nullptr;
    return result;
  }
  if (builtin.name == "lookup") return look_up(given, node);
  consume_all(given, node);
  if (builtin.name == "eval") {
    // Its text may name anything and call everything.
    read_all(node);
    for (auto& [lambda, state] : lambdas_) escape(lambda);
  }
  Origin plain = derived(result_types(builtin));
  plain.unknown = plain.unknown || (plain.types & type_bit('o')) != 0;
  return plain;
}

// An argument that is missing may be taken from the context.
void Analyser::fill_context(const Signature& signature, Origins& given, const Origin& context,
                            const Node* node) {
  if (signature.count == 0 || !signature.parameters[0].context) return;
  if (given.size() >= signature.count) return;
  const unsigned accepts = signature.parameters[0].accepts;
  const bool missing = given.size() <= needed(signature);
  if (missing) {
    given.insert(given.begin(), context);
    return;
  }
  if (accepts == kAny) return;  // the first argument always fits
  if ((accepts & kContainers) != 0) {
    consume(context, node);
    return;
  }
  // Only when the argument does not fit, and then only a text or a number. The root of a document
  // that is one is there in any case.
  Origin inner = context;
  inner.places.erase(std::remove(inner.places.begin(), inner.places.end(), 0), inner.places.end());
  touch(inner, node);
}

void Analyser::check_types(const Builtin& builtin, const Signature& signature, const Origins& given,
                           const Node* node) {
  const bool first =
      signature.count > 0 && (!signature.parameters[0].optional || signature.parameters[0].context);
  if (given.size() < needed(signature) + (first ? 1 : 0)) risk(node, "T0410", builtin.name);
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (i >= signature.count) {
      if (signature.count == 0 || !signature.parameters[signature.count - 1].repeated) {
        risk(node, "T0410", builtin.name);
        if (node->kind == Kind::kCall && node->left->kind == Kind::kVariable) {
          overfull_[node->left->start] = builtin.name;
        }
      }
      return;
    }
    const Parameter& parameter = signature.parameters[i];
    if (!only(given[i].types, parameter.accepts | kNone)) risk(node, "T0410", builtin.name);
    const bool items_checked = parameter.array && parameter.item != '\0';
    if (items_checked && !only(given[i].types, type_bit(parameter.item) | kNone)) {
      risk(node, "T0412", builtin.name);
    }
  }
}

// Functions that refuse values of the right type.
void Analyser::check_values(std::string_view name, const Origins& given, const Node* node) {
  const auto at = [this, node, name](const char* code) { risk(node, code, name); };
  constexpr std::pair<std::string_view, const char*> kAlways[] = {
      {"sqrt", "D3060"},      {"power", "D3061"},
      {"single", "D3138"},    {"error", "D3137"},
      {"assert", "D3141"},    {"eval", "D3121"},
      {"reduce", "D3050"},    {"decodeUrl", "D3140"},
      {"encodeUrl", "D3140"}, {"decodeUrlComponent", "D3140"},
      {"zip", "T0410"},       {"encodeUrlComponent", "D3140"},
  };
  for (const auto& [function, code] : kAlways) {
    if (name == function) at(code);
  }
  check_pictures(name, given, node);
  if (name == "number" && !given.empty() && !only(given[0].types, kNumber | kNone)) at("D3030");
  if (name == "formatBase" && given.size() > 1) at("D3100");
  if (name == "sort" && given.size() < 2) at("D3070");
  if (name == "match" && given.size() > 2) at("D3040");
  if (name == "split" && given.size() > 2) at("D3020");
  if (name == "replace" && given.size() > 3) at("D3011");
  if (!is_one_of(name, {"match", "contains", "split", "replace"}) || given.size() < 2) return;
  const Origin& pattern = given[1];
  if (!pattern.lambdas.empty() || !pattern.builtins.empty() || pattern.unknown) at("T1010");
  const bool text = (pattern.types & kText) != 0;
  if (!text) at("D1004");
  const bool empty = pattern.literal == nullptr || pattern.literal->value.text().empty();
  if (name == "replace" && text && empty) at("D3010");
}

void Analyser::check_pictures(std::string_view name, const Origins& given, const Node* node) {
  const auto at = [this, node, name](const char* code) { risk(node, code, name); };
  const auto literal = [&given](std::size_t i) {
    return i >= given.size() || given[i].literal != nullptr;
  };
  const auto picture = [&given](std::size_t i) {
    return i < given.size() && given[i].literal != nullptr ? given[i].literal->value.text()
                                                           : std::string_view();
  };
  if (is_one_of(name, {"formatInteger", "parseInteger"})) {
    IntegerPicture parts;
    const char* code = analyse_integer_picture(picture(1), parts);
    if (code != nullptr || parts.primary == IntegerPicture::Primary::kSequence) at("D3130");
  }
  if (name == "formatNumber") at("D3085");
  if (!is_one_of(name, {"toMillis", "fromMillis", "now"})) return;
  const std::size_t index = name == "now" ? 0 : 1;
  DatePicture parts;
  PictureError error;
  if (!literal(index)) at("D3132");
  std::string out;
  if (!analyse_date_picture(picture(index), parts, error) ||
      (name != "toMillis" && !format_date(0, parts, 0, out, error))) {
    at(error.code);
  }
  if (name != "toMillis") {
    if (given.size() > index + 1) at("U1004");
  } else if (given.size() < 2) {
    at("D3110");
  } else {
    at("D3136");
  }
}

bool Analyser::higher_order(std::string_view name, const Origins& given, const Node* node,
                            Origin& result) {
  if (name == "reduce") {
    result = reduce(given, node);
    return true;
  }
  const bool of_list = is_one_of(name, {"map", "filter", "single", "sort"});
  if (!of_list && !is_one_of(name, {"each", "sift"})) return false;
  Origin list = given.empty() ? derived(kNone) : given[0];
  Origin item = list;
  item.types = kAny;
  item.literal = nullptr;
  if (!of_list) {
    consume(list, node);
    item = derived(kAny);
  }
  Origin answer;
  if (given.size() > 1) {
    const Origin second = of_list ? derived(kNumber) : derived(kText);
    const Origins offered =
        name == "sort" ? Origins{item, item} : Origins{item, second, of_list ? list : item};
    answer = apply(given[1], offered, derived(kNone), node);
  } else if (name == "sort") {
    consume(list, node);
  }
  if (name == "map" || name == "each") {
    result = answer;
    result.types = kAny;
    result.literal = nullptr;
    return true;
  }
  consume(answer, node);
  result = item;
  if (name == "sift") result.types = static_cast<Types>(type_bit('o') | kNone);
  return true;
}

Origin Analyser::reduce(const Origins& given, const Node* node) {
  Origin sum = given.empty() ? derived(kNone) : given[0];
  const Origin list = sum;
  if (given.size() > 2) merge(sum, given[2]);
  sum.types = kAny;
  sum.literal = nullptr;
  if (given.size() < 2) return sum;
  Origin item = list;
  item.types = kAny;
  // The result of one call is the first argument of the next.
  for (int i = 0; i < 2; ++i) {
    merge(sum, apply(given[1], {sum, item, derived(kNumber), list}, derived(kNone), node));
  }
  sum.types = kAny;
  sum.literal = nullptr;
  return sum;
}

Origin Analyser::look_up(const Origins& given, const Node* node) {
  const Node* key = given.size() > 1 ? given[1].literal : nullptr;
  if (key != nullptr) return child(given[0], key->value.text(), key->start);
  consume_all(given, node);
  return derived(kAny);
}

}  // namespace navette::jsonata
