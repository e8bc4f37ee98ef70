#include "chat_template.h"

#include <chat.h>

#include <algorithm>
#include <array>
#include <exception>
#include <string_view>
#include <utility>

namespace gatehouse::adapters {

struct ChatTemplate::Program {
  std::string source, bos_text, eos_text;
  jinja::program body;
  bool typed_content = false;  // content must be a list of parts
  bool tools = false;
};

namespace {

Error failed(const std::exception& why) {
  return caller_error("template_failed", "The model's chat template cannot render these messages").with_detail(why.what());
}

jinja::value text_value(const std::string& text, Author author) {
  auto value = jinja::mk_val<jinja::value_string>(text);
  if (author == Author::caller) value->mark_input();
  return value;
}

// Roles of this list are words of the template's language; another role is the caller's text.
Author author_of_role(std::string_view role) {
  constexpr std::array known{std::string_view("system"), std::string_view("user"), std::string_view("assistant"), std::string_view("tool"),
                             std::string_view("developer")};
  return std::ranges::find(known, role) != known.end() ? Author::model : Author::caller;
}

jinja::value content_value(const std::string& content, bool typed) {
  if (!typed) return text_value(content, Author::caller);
  auto part = jinja::mk_val<jinja::value_object>();
  part->insert("type", text_value("text", Author::model));
  part->insert("text", text_value(content, Author::caller));
  auto parts = jinja::mk_val<jinja::value_array>();
  parts->push_back(part);
  return parts;
}

jinja::value messages_value(std::span<const wire::engine::Message> messages, bool typed) {
  auto list = jinja::mk_val<jinja::value_array>();
  for (const wire::engine::Message& message : messages) {
    auto entry = jinja::mk_val<jinja::value_object>();
    entry->insert("role", text_value(message.role, author_of_role(message.role)));
    entry->insert("content", content_value(message.content, typed));
    list->push_back(entry);
  }
  return list;
}

}  // namespace

ChatTemplate::ChatTemplate(std::unique_ptr<Program> program) : program_(std::move(program)) {}
ChatTemplate::ChatTemplate(ChatTemplate&&) noexcept = default;
ChatTemplate& ChatTemplate::operator=(ChatTemplate&&) noexcept = default;
ChatTemplate::~ChatTemplate() = default;

Result<ChatTemplate> ChatTemplate::parse(const std::string& source, std::string bos_text, std::string eos_text) {
  auto program = std::make_unique<Program>();
  program->bos_text = std::move(bos_text);
  program->eos_text = std::move(eos_text);
  try {
    jinja::lexer lexer;
    const jinja::lexer_result words = lexer.tokenize(source);
    program->source = words.source;
    program->body = jinja::parse_from_tokens(words);
    const jinja::caps caps = jinja::caps_get(program->body);
    program->typed_content = caps.supports_typed_content && !caps.supports_string_content;
    program->tools = caps.supports_tools;
  } catch (const std::exception& why) {
    return failed(why);
  }
  return ChatTemplate(std::move(program));
}

bool ChatTemplate::carries_tools() const { return program_->tools; }

Result<std::vector<PromptPart>> ChatTemplate::render(std::span<const wire::engine::Message> messages) const {
  std::vector<PromptPart> parts;
  try {
    jinja::context context(program_->source);
    context.set_val("messages", messages_value(messages, program_->typed_content));
    context.set_val("bos_token", text_value(program_->bos_text, Author::model));
    context.set_val("eos_token", text_value(program_->eos_text, Author::model));
    context.set_val("add_generation_prompt", jinja::mk_val<jinja::value_bool>(true));
    context.set_val("enable_thinking", jinja::mk_val<jinja::value_bool>(true));
    jinja::runtime runtime(context);
    const jinja::value output = runtime.execute(program_->body);
    const auto text = jinja::runtime::gather_string_parts(output);
    for (jinja::string_part& part : text->val_str.parts)
      parts.push_back(PromptPart{part.is_input ? Author::caller : Author::model, std::move(part.val)});
  } catch (const std::exception& why) {
    return failed(why);
  }
  return parts;
}

}  // namespace gatehouse::adapters
