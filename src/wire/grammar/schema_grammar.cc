#include "gatehouse/wire/grammar/schema_grammar.h"

#include "gatehouse/wire/json/document.h"
#include "schema_faults.h"
#include "schema_reader.h"

namespace gatehouse::wire {

Result<std::string> schema_grammar(std::string_view schema) {
  if (schema.size() > most_schema_bytes) return grammar::not_supported("", "it has more than 256 KiB");
  JsonParser parser;
  GH_TRY(const JsonValue value, parser.parse(schema));
  grammar::Rules rules;
  grammar::Values values(rules);
  GH_TRY(const grammar::RuleId whole, grammar::SchemaReader(value, rules, values).read());
  return grammar::grammar_text(rules, whole);
}

}  // namespace gatehouse::wire
