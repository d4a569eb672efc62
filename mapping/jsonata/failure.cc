#include "mapping/jsonata/failure.h"

#include "mapping/jsonata/convert.h"
#include "mapping/jsonata/text.h"

namespace navette::jsonata {
namespace {

// {t}: token, {v}: value, {w}: second value, {i}: argument number.
struct Message {
  std::string_view code;
  std::string_view text;
};

constexpr Message kMessages[] = {
    {"S0101", "this text has no closing quote"},
    {"S0102", "the number {t} is too large"},
    {"S0103", "\\{t} is no escape sequence; double a backslash that stands for itself"},
    {"S0104", "\\u needs four hexadecimal digits after it"},
    {"S0105", "this quoted name has no closing backquote"},
    {"S0106", "this comment has no closing */"},
    {"S0201", "{t} is not expected here; the expression was complete before it"},
    {"S0202", "expected {v}, found {t}"},
    {"S0203", "expected {v}, found the end of the expression"},
    {"S0204", "{t} is not an operator"},
    {"S0205", "{t} is not expected here"},
    {"S0206", "{t} is no kind of expression"},
    {"S0207", "the expression ends too early"},
    {"S0208", "parameter {v} of a function must be a variable like $x, found {t}"},
    {"S0209", "a filter cannot follow a grouping within one step"},
    {"S0210", "a step can have one grouping only"},
    {"S0211", "{t} cannot start an operand"},
    {"S0212", "what stands left of := must be a variable like $x, found {t}"},
    {"S0213", "the literal {v} cannot be a step of a path; quote it if it is a name"},
    {"S0214", "what stands right of {t} must be a variable like $x"},
    {"S0215", "@ must come before the filters of its step"},
    {"S0216", "@ must come before the order-by of its step"},
    {"S0217", "nothing here has a parent that % could mean"},
    {"S0301", "a regular expression cannot be empty"},
    {"S0302", "this regular expression has no closing /"},
    {"S0303", "/{v}/ is not a valid regular expression"},
    {"S0401", "only functions and arrays take a type in <>, not {v}"},
    {"S0402", "a choice of types cannot hold types in <>: {v}"},
    {"T0410", "argument {i} of function {t} does not fit its signature: {v}"},
    {"T0411", "the context does not fit argument {i} of function {t}: {v}"},
    {"T0412", "argument {i} of function {t} must be an array of {w}: {v}"},
    {"T1003", "the key of an object must be text, found {v}"},
    {"T1005", "{t} is not a function; did you mean ${t}?"},
    {"T1006", "what is called here is not a function"},
    {"T1007", "{t} is not a function; did you mean ${t}?"},
    {"T1008", "what is partly applied here is not a function"},
    {"T1010", "this matcher function does not return match, start, end, groups and next"},
    {"T2001", "the left side of {t} must be a number, found {v}"},
    {"T2002", "the right side of {t} must be a number, found {v}"},
    {"T2003", "a range must start with a whole number, found {v}"},
    {"T2004", "a range must end with a whole number, found {v}"},
    {"T2006", "the right side of ~> must be a function, found {v}"},
    {"T2007", "order-by cannot compare {v} with {w}"},
    {"T2008", "order-by needs numbers or text, found {v}"},
    {"T2009", "{t} cannot compare {v} with {w}: their types differ"},
    {"T2010", "{t} compares numbers or text, found {v}"},
    {"T2011", "the update of a transform must be an object, found {v}"},
    {"T2012", "the deletion of a transform must be text or an array of texts, found {v}"},
    {"T2013", "a transform needs the function $clone, which is not there"},
    {"D1001", "this number is out of range: {v}"},
    {"D1002", "only a number can be negated, found {v}"},
    {"D1004", "the regular expression {v} matches empty text"},
    {"D1009", "two members of the object have the same key: {v}"},
    {"D2014", "a range may have 10,000,000 items at the most, this one has {v}"},
    {"D3001", "infinity and what is not a number have no text"},
    {"D3010", "the text to replace (argument 2 of $replace) cannot be empty"},
    {"D3011", "the limit (argument 4 of $replace) cannot be negative: {v}"},
    {"D3012", "a replacement must be text, found {v}"},
    {"D3020", "the limit (argument 3 of $split) cannot be negative: {v}"},
    {"D3030", "this is not a number: {v}"},
    {"D3040", "the limit (argument 3 of $match) cannot be negative: {v}"},
    {"D3050", "argument 2 of $reduce must be a function with two parameters or more"},
    {"D3060", "a negative number has no square root: {v}"},
    {"D3061", "{v} to the power of {w} is not a number that JSON can write"},
    {"D3070", "$sort without a function needs all numbers or all texts"},
    {"D3080", "a number picture can have two parts, separated by ; at the most"},
    {"D3081", "a number picture can have one decimal separator in each part"},
    {"D3082", "a number picture can have one percent sign in each part"},
    {"D3083", "a number picture can have one per-mille sign in each part"},
    {"D3084", "a number picture cannot have both percent and per-mille signs"},
    {"D3085", "a number picture needs a digit in its mantissa"},
    {"D3086", "a passive character stands between the digits of a number picture"},
    {"D3087", "a grouping separator stands beside the decimal separator"},
    {"D3088", "a grouping separator ends the whole part of a number picture"},
    {"D3089", "two grouping separators stand side by side"},
    {"D3090", "an optional digit follows a mandatory one before the decimal separator"},
    {"D3091", "a mandatory digit follows an optional one after the decimal separator"},
    {"D3092", "a number picture with an exponent cannot have percent or per-mille signs"},
    {"D3093", "the exponent of a number picture needs mandatory digits and nothing else"},
    {"D3100", "the base of $formatBase must be from 2 to 36, found {v}"},
    {"D3110", "$toMillis needs an ISO 8601 time stamp, found {v}"},
    {"D3120", "the expression given to $eval is wrong: {v}"},
    {"D3121", "the expression given to $eval failed: {v}"},
    {"D3130", "the picture {v} asks for a number format that is not supported"},
    {"D3131", "the digits of a picture must all come from one script"},
    {"D3132", "{v} is no component of a date picture"},
    {"D3133", "only months and days have names, not {v}"},
    {"D3134", "a zone picture can have four digits at the most"},
    {"D3135", "a component of the date picture has no closing ]"},
    {"D3136", "the picture leaves out a part of the date between others that it has"},
    {"D3138", "$single found more than one"},
    {"D3139", "$single found none"},
    {"D3140", "this cannot be encoded or decoded as a URL: {v}"},
    {"U1001", "the expression goes too deep or runs too long"},
    {"U1002", "a regular expression takes more work than allowed"},
    {"U1003", "a function of the host failed"},
    {"U1004", "{v} is no zone: an offset like \"+0130\" is needed"},
};

std::string_view template_of(std::string_view code) {
  for (const Message& message : kMessages) {
    if (message.code == code) return message.text;
  }
  return "the expression cannot be evaluated";
}

}  // namespace

std::string show(Value value) {
  constexpr std::size_t kShownMax = 120;
  if (value.undefined()) return "nothing";
  if (value.is_function()) return "a function";
  if (value.is_number()) return number_text(value.number());
  std::string out;
  if (write_text(value, false, out) != Written::kDone) return "a value";
  if (out.size() > kShownMax) {
    std::size_t end = kShownMax;
    while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0) == 0x80) --end;
    out.resize(end);
    out += "...";
  }
  return out;
}

std::string describe(const Failure& failure) {
  if (failure.message.is_string()) return std::string(failure.message.text());
  const std::string_view text = template_of(failure.code);
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '{' || at + 2 >= text.size() || text[at + 2] != '}') {
      out += text[at];
      continue;
    }
    switch (text[at + 1]) {
      case 't':
        out += failure.token.is_string() ? std::string(failure.token.text()) : show(failure.token);
        break;
      case 'v':
        out += show(failure.value);
        break;
      case 'w':
        out += failure.value2.is_string() && std::string_view(failure.code) == "T0412"
                   ? std::string(failure.value2.text())
                   : show(failure.value2);
        break;
      default:
        out += number_text(failure.index);
    }
    at += 2;
  }
  return out;
}

}  // namespace navette::jsonata
