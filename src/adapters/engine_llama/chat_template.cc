#include "chat_template.h"

#include <chat.h>

#include <array>
#include <exception>
#include <string_view>
#include <utility>

#include "gatehouse/wire/llm/call_reader.h"
#include "template_values.h"

namespace gatehouse::adapters {

struct ChatTemplate::Program {
  std::string source, bos_text, eos_text;
  jinja::program body;
  TemplateTaste taste;
  bool tools = false;
  wire::engine::CallForm calls = wire::engine::CallForm::none;
};

namespace {

namespace w = wire::engine;

Error failed(const std::exception& why) {
  return caller_error("template_failed", "The model's chat template cannot render these messages").with_detail(why.what());
}

// A call that nobody else makes, to see how the template writes one.
constexpr std::string_view probe_name = "gatehouse_probe", probe_arguments = R"({"probe":"value"})";

// Whether the text, from there on, is the probe in this form.
bool is_probe(std::string_view text, w::CallForm form) {
  wire::CallReader reader(form);
  std::vector<wire::AnswerPart> parts;
  reader.push(text, parts);
  std::string name, arguments;
  for (const wire::AnswerPart& part : parts) {
    if (part.kind == wire::AnswerPart::Kind::call) name = part.text;
    if (part.kind == wire::AnswerPart::Kind::arguments) arguments += part.text;
  }
  std::erase_if(arguments, [](char c) { return c == ' ' || c == '\n'; });
  return !parts.empty() && parts.front().kind == wire::AnswerPart::Kind::call && name == probe_name && arguments == probe_arguments;
}

w::CallForm form_in(std::string_view rendered) {
  const std::size_t name = rendered.rfind(probe_name);
  if (name == std::string_view::npos) return w::CallForm::none;
  for (const w::CallForm form : {w::CallForm::tagged, w::CallForm::listed, w::CallForm::named}) {
    const std::size_t mark = rendered.rfind(wire::marks_of(form).open, name);
    if (mark != std::string_view::npos && is_probe(rendered.substr(mark), form)) return form;
  }
  const std::size_t brace = rendered.rfind('{', name);
  if (brace != std::string_view::npos && is_probe(rendered.substr(brace), w::CallForm::bare)) return w::CallForm::bare;
  return w::CallForm::none;
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
    program->taste = {caps.supports_typed_content && !caps.supports_string_content, caps.supports_object_arguments};
    program->tools = caps.supports_tools;
  } catch (const std::exception& why) {
    return failed(why);
  }
  ChatTemplate made(std::move(program));
  if (made.carries_tools()) made.learn_calls();
  return made;
}

bool ChatTemplate::carries_tools() const { return program_->tools; }
w::CallForm ChatTemplate::calls() const { return program_->calls; }

// What a template does with arguments is not always seen by reading it, and some refuse ids that are not theirs.
void ChatTemplate::learn_calls() {
  constexpr std::string_view short_id = "call00001", long_id = "call_0000000001";
  program_->calls = form_of_calls(short_id);
  if (program_->calls == w::CallForm::none) {
    program_->taste.object_arguments = !program_->taste.object_arguments;
    program_->calls = form_of_calls(short_id);
    if (program_->calls == w::CallForm::none) program_->taste.object_arguments = !program_->taste.object_arguments;
  }
  program_->taste.short_ids = program_->calls != w::CallForm::none && form_of_calls(long_id) == w::CallForm::none;
}

w::CallForm ChatTemplate::form_of_calls(std::string_view id) const {
  const std::array messages{w::Message{"user", "probe"},
                            w::Message{"assistant", "", {{std::string(id), std::string(probe_name), std::string(probe_arguments)}}}};
  const std::array tools{w::Tool{std::string(probe_name), "", "", false}};
  const auto parts = render(messages, tools);
  if (!parts) return w::CallForm::none;
  std::string rendered;
  for (const PromptPart& part : *parts) rendered += part.text;
  return form_in(rendered);
}

Result<std::vector<PromptPart>> ChatTemplate::render(std::span<const w::Message> messages, std::span<const w::Tool> tools) const {
  std::vector<PromptPart> parts;
  try {
    jinja::context context(program_->source);
    context.set_val("messages", messages_value(messages, program_->taste));
    if (!tools.empty()) context.set_val("tools", tools_value(tools));
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
