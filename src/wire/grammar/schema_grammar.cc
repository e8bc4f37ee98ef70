#include "gatehouse/wire/grammar/schema_grammar.h"

#include "rules.h"
#include "schema_reader.h"
#include "values.h"

namespace gatehouse::wire {

Result<std::string> schema_grammar(const JsonValue& schema) { return grammar::SchemaReader(schema).read(); }

std::string object_grammar() {
  grammar::Rules rules;
  grammar::Values values(rules);
  return rules.text(values.object()).value_or("");
}

}  // namespace gatehouse::wire
