// adapters/engine_llama/template_values.h — messages and tools as a chat template's values, in which the caller's text is marked.
// Threads  pure functions
// Errors   throw what libllama-common's interpreter would: chat_template.cc catches it
#pragma once
#include <jinja/value.h>

#include <span>
#include <string>

#include "chat_template.h"

namespace gatehouse::adapters {

// What a template wants of messages.
struct TemplateTaste {
  bool typed_content = false;     // content is a list of parts
  bool object_arguments = false;  // the arguments of a call are an object, not its JSON
  bool short_ids = false;         // ids of calls have nine letters and digits: others are told apart by such
};

jinja::value text_value(const std::string& text, Author author);
jinja::value messages_value(std::span<const wire::engine::Message> messages, const TemplateTaste& taste);
jinja::value tools_value(std::span<const wire::engine::Tool> tools);

}  // namespace gatehouse::adapters
