// wire/grammar/schema_grammar.h — from a JSON Schema to a grammar that only writes documents which the schema allows.
// Rules    not every document that the schema allows can be written, but every one that can be written is allowed: members come in the
// order
//          of the schema, none that it does not name where it names some, white space is short. A keyword that cannot be kept to is
//          refused, never passed over; those that only describe are
// Text     GBNF, as llama.cpp reads it; the rule "root" is the document
// Bounds   depth of the schema, rules, repetitions and length of the text are limited, so that making one takes some milliseconds at most
// Threads  pure functions
// Errors   schema_not_supported (400, origin caller): names the place in the schema, and what is the matter there
// Source   JSON Schema 2020-12; grammars of llama.cpp
#pragma once
#include <string>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/json/value.h"

namespace gatehouse::wire {

Result<std::string> schema_grammar(const JsonValue& schema);
// Any JSON object.
std::string object_grammar();

}  // namespace gatehouse::wire
