// wire/grammar/call_grammar.h — the grammar of an answer, or of its end, that asks for tools: every call is one that the tool can take.
// Rules    as schema_grammar.h, of which each tool's parameters are one; nothing follows a call but another one
// Bounds   one answer has at most 32 calls
// Threads  pure functions
// Errors   schema_not_supported (400, origin caller), which names the tool
#pragma once
#include <span>
#include <string>
#include <string_view>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/engine/frames.h"

namespace gatehouse::wire {

struct CallRules {
  std::span<const engine::Tool> tools;  // that may be asked for; not empty
  engine::CallForm form = engine::CallForm::tagged;
  bool several = true;  // in one answer
  // What is written already when the grammar begins: nothing, or what begins a call (call_beginning).
  bool begun = false;
  // What a tool's schema asks for may be more than a grammar can keep to: its calls are then of any object, unless it is strict.
  bool lenient = false;
  std::string_view document = {};  // a JSON Schema: the answer may be a document of it instead; only where nothing is written yet
};

// What a call begins with in this form, so that it can be nothing else: behind it the grammar begins. bare: only at the very beginning of
// an answer.
std::string_view call_beginning(engine::CallForm form);

Result<std::string> call_grammar(const CallRules& rules);

}  // namespace gatehouse::wire
