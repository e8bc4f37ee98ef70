#include "schema_keywords.h"

#include <algorithm>
#include <array>
#include <utility>

namespace gatehouse::wire::grammar {
namespace {

using Word = std::pair<std::string_view, About>;

// In order of the words.
constexpr std::array schema_words{
    Word{"$dynamicRef", About::refused},
    Word{"$recursiveRef", About::refused},
    Word{"$ref", About::reference},
    Word{"additionalItems", About::refused},
    Word{"additionalProperties", About::object},
    Word{"allOf", About::combination},
    Word{"anyOf", About::combination},
    Word{"const", About::fixed},
    Word{"contains", About::refused},
    Word{"dependencies", About::refused},
    Word{"dependentRequired", About::refused},
    Word{"dependentSchemas", About::refused},
    Word{"else", About::refused},
    Word{"enum", About::fixed},
    Word{"exclusiveMaximum", About::number},
    Word{"exclusiveMinimum", About::number},
    Word{"format", About::string},
    Word{"if", About::refused},
    Word{"items", About::list},
    Word{"maxContains", About::refused},
    Word{"maxItems", About::list},
    Word{"maxLength", About::string},
    Word{"maxProperties", About::object},
    Word{"maximum", About::number},
    Word{"minContains", About::refused},
    Word{"minItems", About::list},
    Word{"minLength", About::string},
    Word{"minProperties", About::object},
    Word{"minimum", About::number},
    Word{"multipleOf", About::number},
    Word{"not", About::refused},
    Word{"oneOf", About::combination},
    Word{"pattern", About::refused},
    Word{"patternProperties", About::refused},
    Word{"prefixItems", About::list},
    Word{"properties", About::object},
    Word{"propertyNames", About::refused},
    Word{"required", About::object},
    Word{"then", About::refused},
    Word{"type", About::type},
    Word{"unevaluatedItems", About::refused},
    Word{"unevaluatedProperties", About::refused},
    Word{"uniqueItems", About::list},
};
static_assert(std::ranges::is_sorted(schema_words, {}, &Word::first));

constexpr std::uint32_t bit(About what) { return 1U << static_cast<unsigned>(what); }

}  // namespace

About about(std::string_view keyword) {
  const auto found = std::ranges::lower_bound(schema_words, keyword, {}, &Word::first);
  return found != schema_words.end() && found->first == keyword ? found->second : About::nothing;
}

Keywords::Keywords(const JsonValue& schema) {
  for (const JsonMember& member : schema.members()) {
    const About what = about(member.key);
    if (what == About::refused && refused.empty()) refused = member.key;
    said |= bit(what);
  }
}

bool Keywords::only(About what, About and_this) const { return (said & ~(bit(About::nothing) | bit(what) | bit(and_this))) == 0; }

std::vector<std::string_view> types_meant(const Keywords& keywords) {
  std::vector<std::string_view> types;
  if (keywords.has(About::object)) types.emplace_back("object");
  if (keywords.has(About::list)) types.emplace_back("array");
  if (keywords.has(About::string)) types.emplace_back("string");
  if (keywords.has(About::number)) types.emplace_back("number");
  return types;
}

}  // namespace gatehouse::wire::grammar
