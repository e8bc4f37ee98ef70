#include "values.h"

#include <algorithm>
#include <utility>

namespace gatehouse::wire::grammar {
namespace {

// The second or a later byte of UTF-8.
bool is_inside_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

}  // namespace

RuleId Values::space() {
  if (space_) return *space_;
  const RuleId indent = rules_.add({{"[ \\t]"}});
  space_ = rules_.add({{}, {literal(" ")}, {literal("\n"), Symbol(indent, 0, 20)}});
  return *space_;
}

RuleId Values::any() {
  if (any_) return *any_;
  any_ = rules_.add();  // known before it is whole: it holds itself
  for (const RuleId kind : {object(), list(), string(), number(), truth(), null()}) rules_.alternative(*any_, {kind});
  return *any_;
}

// One code point, written as itself or escaped. No half of a surrogate pair: that is no text.
RuleId Values::character() {
  if (character_) return *character_;
  const std::string hex = "[0-9a-fA-F]";
  character_ = rules_.add({{"[^\"\\\\\\x00-\\x1F\\x7F]"},
                           {literal("\\"), "[\"\\\\/bfnrt]"},
                           {literal("\\u"), "[0-9a-cA-CeEfF]", hex, hex, hex},
                           {literal("\\u"), "[dD]", "[0-7]", hex, hex}});
  return *character_;
}

RuleId Values::string() {
  if (!string_) string_ = string_of({});
  return *string_;
}
RuleId Values::string_of(const Count& characters) {
  return rules_.add({{literal("\""), Symbol(character(), characters.least, characters.most), literal("\"")}});
}

RuleId Values::integer() {
  if (integer_) return *integer_;
  const RuleId digit = rules_.add({{"[0-9]"}}), sign = rules_.add({{literal("-")}});
  const RuleId natural = rules_.add({{literal("0")}, {"[1-9]", Symbol(digit, 0, 14)}});
  integer_ = rules_.add({{Symbol(sign, 0, 1), natural}});
  return *integer_;
}

RuleId Values::number() {
  if (number_) return *number_;
  const RuleId digit = rules_.add({{"[0-9]"}});
  const RuleId fraction = rules_.add({{literal("."), Symbol(digit, 1, 15)}});
  const RuleId exponent = rules_.add({{"[eE]", "[-+]", "[0-9]", Symbol(digit, 0, 1)}, {"[eE]", "[0-9]", Symbol(digit, 0, 1)}});
  number_ = rules_.add({{integer(), Symbol(fraction, 0, 1), Symbol(exponent, 0, 1)}});
  return *number_;
}

RuleId Values::truth() {
  if (!truth_) truth_ = rules_.add({{literal("true")}, {literal("false")}});
  return *truth_;
}
RuleId Values::null() {
  if (!null_) null_ = rules_.add({{literal("null")}});
  return *null_;
}

RuleId Values::next(RuleId what) { return rules_.add({{space(), literal(","), space(), what}}); }

RuleId Values::one_of(std::vector<std::string> texts) {
  std::ranges::sort(texts);
  const auto twice = std::ranges::unique(texts);
  texts.erase(twice.begin(), twice.end());
  return rest_of(texts, 0);
}

// Of texts in order that are alike up to at.
RuleId Values::rest_of(std::span<const std::string> texts, std::size_t at) {
  const RuleId rule = rules_.add();
  while (!texts.empty()) {
    const std::string& first = texts.front();
    if (first.size() == at) {
      rules_.alternative(rule, {});
      texts = texts.subspan(1);
      continue;
    }
    const auto begins_alike = [&](const std::string& text) { return text[at] == first[at]; };
    const auto alike = texts.first(static_cast<std::size_t>(std::ranges::find_if_not(texts, begins_alike) - texts.begin()));
    texts = texts.subspan(alike.size());
    const std::size_t most = std::min(first.size(), alike.back().size());
    std::size_t end = at;
    while (end < most && first[end] == alike.back()[end]) ++end;
    while (end > at && end < first.size() && is_inside_character(first[end])) --end;
    if (alike.size() == 1) {
      rules_.alternative(rule, {literal(first.substr(at))});
    } else if (end == at) {  // different characters that begin with the same byte
      for (const std::string& text : alike) rules_.alternative(rule, {literal(text.substr(at))});
    } else {
      rules_.alternative(rule, {literal(first.substr(at, end - at)), rest_of(alike, end)});
    }
  }
  return rule;
}

RuleId Values::object_of(RuleId value) {
  const RuleId member = rules_.add({{string(), space(), literal(":"), space(), value}});
  const RuleId members = rules_.add({{member, Symbol(next(member), 0, unbounded)}});
  return rules_.add({{literal("{"), space(), Symbol(members, 0, 1), space(), literal("}")}});
}

RuleId Values::list_of(RuleId item, const Count& items) {
  if (items.most == 0) return rules_.add({{literal("["), space(), literal("]")}});
  const std::uint32_t least = items.least > 0 ? items.least - 1 : 0;
  const std::uint32_t most = items.most == unbounded ? unbounded : items.most - 1;
  Sequence sequence{item};
  if (most > 0) sequence.emplace_back(next(item), least, most);
  const RuleId whole = rules_.add({std::move(sequence)});
  return rules_.add({{literal("["), space(), Symbol(whole, items.least > 0 ? 1 : 0, 1), space(), literal("]")}});
}

std::optional<RuleId> Values::string_in(std::string_view format) {
  const std::string digit = "[0-9]", hex = "[0-9a-f]", quote = literal("\"");
  const auto date = [&] {
    const RuleId until_28 = rules_.add({{literal("0"), "[1-9]"}, {literal("1"), digit}, {literal("2"), "[0-8]"}});
    const RuleId until_30 = rules_.add({{literal("0"), "[1-9]"}, {"[12]", digit}, {literal("30")}});
    const RuleId until_31 = rules_.add({{until_30}, {literal("31")}});
    const RuleId long_month = rules_.add({{literal("0"), "[13578]"}, {literal("1"), "[02]"}});
    const RuleId short_month = rules_.add({{literal("0"), "[469]"}, {literal("11")}});
    const RuleId day =
        rules_.add({{long_month, literal("-"), until_31}, {short_month, literal("-"), until_30}, {literal("02-"), until_28}});
    return rules_.add({{"[12]", digit, digit, digit, literal("-"), day}});
  };
  const auto time = [&] {
    const RuleId hour = rules_.add({{"[01]", digit}, {literal("2"), "[0-3]"}});
    const RuleId fraction = rules_.add({{literal("."), digit, digit, digit}});
    const RuleId zone = rules_.add({{literal("Z")}, {"[-+]", hour, literal(":"), "[0-5]", digit}});
    return rules_.add({{hour, literal(":"), "[0-5]", digit, literal(":"), "[0-5]", digit, Symbol(fraction, 0, 1), zone}});
  };
  if (format == "date") return rules_.add({{quote, date(), quote}});
  if (format == "time") return rules_.add({{quote, time(), quote}});
  if (format == "date-time") return rules_.add({{quote, date(), literal("T"), time(), quote}});
  if (format == "uuid") {
    const RuleId h = rules_.add({{hex}}), four = rules_.add({{Symbol(h, 4, 4)}});
    const std::string dash = literal("-");
    return rules_.add({{quote, four, four, dash, four, dash, four, dash, four, dash, four, four, four, quote}});
  }
  if (format != "ipv4") return std::nullopt;
  const RuleId byte =
      rules_.add({{digit}, {"[1-9]", digit}, {literal("1"), digit, digit}, {literal("2"), "[0-4]", digit}, {literal("25"), "[0-5]"}});
  const std::string dot = literal(".");
  return rules_.add({{quote, byte, dot, byte, dot, byte, dot, byte, quote}});
}

}  // namespace gatehouse::wire::grammar
