// wire/grammar/schema_reader.h — one schema, read into rules that others may stand among.
// Threads  one reader a schema, over rules that outlive it
// Errors   as schema_grammar.h
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/json/value.h"
#include "rules.h"
#include "values.h"

namespace gatehouse::wire::grammar {

class SchemaReader {
 public:
  SchemaReader(const JsonValue& root, Rules& rules, Values& values) : root_(root), rules_(rules), values_(values) {}
  // The rule of a whole document.
  Result<RuleId> read();

 private:
  // Where a schema stands, for errors, and how deep.
  struct Place {
    std::string path;
    std::uint32_t depth = 0;
    Place at(std::string_view step) const { return {path + "/" + std::string(step), depth + 1}; }
  };
  using Read = Result<RuleId>;

  Read schema(const JsonValue& schema, const Place& place);
  Read reference(const JsonValue& schema, const Place& place);
  Read pointed_at(const std::string& pointer, const Place& place);
  Read combination(const JsonValue& schema, const Place& place);
  Read one_of(std::string_view keyword, const JsonValue& list, const Place& place);
  Read fixed(const JsonValue& schema, const Place& place);
  Read typed(const JsonValue& schema, const Place& place);
  Read of_type(std::string_view type, const JsonValue& schema, const Place& place);
  Read object(const JsonValue& schema, const Place& place);
  Read members(const JsonValue& schema, const std::vector<std::string>& required, const Place& place);
  Read list(const JsonValue& schema, const Place& place);
  Read tuple(const JsonValue& schema, const Count& count, const Place& place);
  Read string(const JsonValue& schema, const Place& place);
  Read number(const JsonValue& schema, const Place& place, bool whole);

  const JsonValue root_;
  Rules& rules_;
  Values& values_;
  std::map<std::string, RuleId, std::less<>> pointed_;  // what $ref names, by pointer
};

// The grammar that begins with root, unless it is too large, or nothing can be written by it.
Result<std::string> grammar_text(const Rules& rules, RuleId root);

}  // namespace gatehouse::wire::grammar
