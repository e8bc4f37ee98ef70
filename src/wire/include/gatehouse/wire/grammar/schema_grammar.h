// wire/grammar/schema_grammar.h — from a JSON Schema to a grammar that only writes documents which the schema allows.
// Rules    not every document that the schema allows can be written, but every one that can be written is allowed: members come in the
//          order of the schema, none that it does not name where it names some, white space is short. A keyword that cannot be kept to is
//          refused, never passed over; those that only describe are
// Text     GBNF, as llama.cpp reads it; the rule "root" is the document
// Bounds   size and depth of the schema, rules, repetitions and length of the text are limited, so that making one takes some milliseconds
//          at most
// Threads  pure functions
// Errors   schema_not_supported (400, origin caller): names the place in the schema, and what is the matter there; those of
//          wire/json/document.h
// Source   JSON Schema 2020-12; grammars of llama.cpp
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "gatehouse/base/result.h"

namespace gatehouse::wire {

inline constexpr std::size_t most_schema_bytes = 256UL * 1024;

// schema: JSON.
Result<std::string> schema_grammar(std::string_view schema);

}  // namespace gatehouse::wire
