#include "prompt_compiler.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "call_constraint.h"
#include "gatehouse/wire/grammar/call_grammar.h"
#include "gatehouse/wire/grammar/schema_grammar.h"
#include "gatehouse/wire/llm/call_reader.h"

namespace gatehouse::adapters {
namespace {

namespace w = wire::engine;
using engine::Token;

// More bytes than this a cell and the text is refused unread: tokenising it would cost more than answering.
constexpr std::size_t bytes_per_cell = 32;

const char* field_of(const w::Prepare& prepare) { return prepare.chat ? "messages" : "prompt"; }

// What a template is given.
struct ChatInput {
  std::vector<w::Message> messages;
  std::vector<w::Tool> tools;
};

// Each text that comes from the caller.
template <class Messages, class Tools, class Visit>
void visit_texts(Messages& messages, Tools& tools, const Visit& visit) {
  for (auto& message : messages) {
    for (auto* text : {&message.role, &message.content, &message.call_id, &message.name}) visit(*text);
    for (auto& call : message.calls) {
      for (auto* text : {&call.id, &call.name, &call.arguments}) visit(*text);
    }
  }
  for (auto& tool : tools) {
    for (auto* text : {&tool.name, &tool.description, &tool.parameters}) visit(*text);
  }
}

template <class Rewrite>
ChatInput rewritten(const w::Prepare& prepare, const Rewrite& rewrite) {
  ChatInput input{prepare.messages, prepare.tools};
  visit_texts(input.messages, input.tools, [&rewrite](std::string& text) { text = rewrite(text); });
  return input;
}

// Where the last message is the beginning of the answer, it stands behind all that the template writes.
Result<std::vector<PromptPart>> render(const ChatTemplate& chat, std::span<const w::Message> messages, std::span<const w::Tool> tools,
                                       bool continues) {
  if (!continues || messages.empty()) return chat.render(messages, tools);
  GH_TRY(std::vector<PromptPart> parts, chat.render(messages.first(messages.size() - 1), tools));
  parts.push_back(PromptPart{Author::caller, messages.back().content});
  return parts;
}

// U+FDD0 and U+FDD1, which are no characters: around a caller's text that looks like a control token. Templates carry them along.
constexpr std::string_view from_caller = "\xEF\xB7\x90", until_here = "\xEF\xB7\x91";

// Neighbouring plain text of one author is one part.
void append_part(std::vector<PromptPart>& parts, Author author, std::string_view text) {
  if (text.empty()) return;
  if (parts.empty() || parts.back().author != author) parts.push_back(PromptPart{author, {}});
  parts.back().text += text;
}

// What stands between the marks is the caller's, whatever the template made of it; the marks are gone.
std::vector<PromptPart> without_marks(const std::vector<PromptPart>& marked) {
  std::vector<PromptPart> parts;
  for (const PromptPart& part : marked) {
    std::string_view rest = part.text;
    Author author = part.author;
    while (!rest.empty()) {
      const std::size_t next = std::min({rest.find(from_caller), rest.find(until_here), rest.size()});
      append_part(parts, author, rest.substr(0, next));
      rest.remove_prefix(next);
      if (rest.empty()) break;
      author = rest.starts_with(from_caller) ? Author::caller : part.author;
      rest.remove_prefix(from_caller.size());
    }
  }
  return parts;
}

std::size_t bytes_of(const w::Prepare& prepare) {
  if (!prepare.chat) return prepare.prompt.size();
  std::size_t bytes = 0;
  for (const w::Message& message : prepare.messages) {
    bytes += message.role.size() + message.content.size();
    for (const w::ToolCall& call : message.calls) bytes += call.name.size() + call.arguments.size();
  }
  for (const w::Tool& tool : prepare.tools) bytes += tool.name.size() + tool.description.size() + tool.parameters.size();
  return bytes;
}

// Marks that the model writes as control tokens which are not shown are in no text.
w::CallForm form_of(const std::optional<ChatTemplate>& chat, const Vocabulary& vocabulary) {
  const w::CallForm form = chat ? chat->calls() : w::CallForm::none;
  const wire::CallMarks marks = wire::marks_of(form);
  const bool hidden = vocabulary.hides(marks.open) || vocabulary.hides(marks.close) || vocabulary.hides(marks.arguments);
  return hidden ? w::CallForm::none : form;
}

}  // namespace

LlamaPromptCompiler::LlamaPromptCompiler(std::shared_ptr<const Vocabulary> vocabulary, std::optional<ChatTemplate> chat,
                                         std::uint32_t seat_cells, std::optional<ChatTemplate> tool_use)
    : vocabulary_(std::move(vocabulary)),
      chat_(std::move(chat)),
      tool_use_(std::move(tool_use)),
      calls_(form_of(tool_use_ ? tool_use_ : chat_, *vocabulary_)),
      seat_cells_(seat_cells),
      grammars_(vocabulary_) {}

Result<std::vector<Token>> LlamaPromptCompiler::compile(const w::Prepare& prepare) {
  GH_CHECK(check_length(prepare));
  GH_CHECK(check_biases(prepare.sampling));
  if (!prepare.tools_field.empty()) GH_CHECK(check_tools(prepare));
  auto compiled = prepare.chat ? compile_chat(prepare) : compile_text(prepare.prompt);
  if (!compiled) return std::move(compiled).error().with_param(field_of(prepare));
  // A sequence without a cell for its first answer token could not say anything.
  const std::size_t room = seat_cells_ - 1;
  if (compiled->empty()) return caller_error("invalid_prompt", "The prompt is empty").with_param(field_of(prepare));
  if (compiled->size() <= room) return compiled;
  return caller_error("context_length_exceeded", "The prompt has " + std::to_string(compiled->size()) +
                                                     " tokens, and the model takes at most " + std::to_string(room) + " here")
      .with_param(field_of(prepare));
}

Result<std::unique_ptr<engine::Constraint>> LlamaPromptCompiler::constrain(const w::Prepare& prepare) {
  if (prepare.tool_use != w::ToolUse::none) return constrain_calls(prepare);
  if (prepare.schema.empty()) return std::unique_ptr<engine::Constraint>();
  GH_TRY(const std::string grammar, wire::schema_grammar(prepare.schema));
  return grammars_.grammar(prepare.tenant, grammar);
}

w::CallForm LlamaPromptCompiler::calls(const w::Prepare& prepare) const {
  return prepare.tool_use != w::ToolUse::none ? calls_ : w::CallForm::none;
}

// An answer that must be a call, or may instead be a document, follows the grammar from its beginning.
Result<std::unique_ptr<engine::Constraint>> LlamaPromptCompiler::constrain_calls(const w::Prepare& prepare) {
  const bool must = prepare.tool_use == w::ToolUse::must;
  std::vector<w::Tool> only;
  for (const w::Tool& tool : prepare.tools) {
    if (tool.name == prepare.tool) only.push_back(tool);
  }
  wire::CallRules rules;
  rules.tools = prepare.tool.empty() ? std::span<const w::Tool>(prepare.tools) : std::span<const w::Tool>(only);
  rules.form = calls_;
  rules.several = prepare.parallel_calls;
  rules.begun = !must && prepare.schema.empty();
  rules.lenient = !must;
  if (!must) rules.document = prepare.schema;
  GH_TRY(const std::string grammar, wire::call_grammar(rules));
  Result<std::unique_ptr<engine::Constraint>> made = grammars_.grammar(prepare.tenant, grammar);
  if (!made) return std::move(made).error().with_param("tools");
  if (!rules.begun) return made;
  const MarkPlace place = rules.form == w::CallForm::bare ? MarkPlace::beginning : MarkPlace::anywhere;
  return std::unique_ptr<engine::Constraint>(
      std::make_unique<CallConstraint>(vocabulary_, wire::call_beginning(rules.form), place, std::move(*made)));
}

Status LlamaPromptCompiler::check_length(const w::Prepare& prepare) const {
  // Rendering costs far more a message than a byte, and every message takes a token or more.
  if (prepare.chat && prepare.messages.size() >= seat_cells_) {
    return caller_error("context_length_exceeded", "The prompt has " + std::to_string(prepare.messages.size()) +
                                                       " messages; as many never fit into the model's " + std::to_string(seat_cells_ - 1) +
                                                       " tokens here")
        .with_param(field_of(prepare));
  }
  const std::size_t bytes = bytes_of(prepare);
  const std::size_t most = bytes_per_cell * seat_cells_;
  if (bytes <= most) return ok();
  return caller_error("context_length_exceeded", "The prompt has " + std::to_string(bytes) + " bytes; more than " + std::to_string(most) +
                                                     " never fit into the model's " + std::to_string(seat_cells_ - 1) + " tokens here")
      .with_param(field_of(prepare));
}

// A bias that could never have an effect is most likely meant for another model's tokens.
Status LlamaPromptCompiler::check_biases(const w::Sampling& sampling) const {
  for (const w::TokenBias& one : sampling.logit_bias) {
    if (one.token < vocabulary_->size()) continue;
    return caller_error("invalid_logit_bias", "logit_bias names token " + std::to_string(one.token) + ", and the model's tokens are 0 to " +
                                                  std::to_string(vocabulary_->size() - 1))
        .with_param("logit_bias");
  }
  return ok();
}

Status LlamaPromptCompiler::check_tools(const w::Prepare& prepare) const {
  const ChatTemplate* chat = template_of(prepare);
  const bool carried = chat != nullptr && chat->carries_tools();
  if (carried && calls(prepare) != w::CallForm::none) return ok();
  if (carried && prepare.tool_use == w::ToolUse::none) return ok();
  const char* const why = carried ? " cannot be used: this server does not know the form in which this model writes calls of tools"
                                  : " cannot be used: the chat template of this model has no place for tools";
  return caller_error("tools_not_supported", prepare.tools_field + why).with_param(prepare.tools_field);
}

const ChatTemplate* LlamaPromptCompiler::template_of(const w::Prepare& prepare) const {
  if (!prepare.tools_field.empty() && tool_use_) return &*tool_use_;
  return chat_ ? &*chat_ : nullptr;
}

// Some template functions lose track of who wrote a text (tojson, for one). Where the caller's text looks like a control token, it is
// marked, and the prompt must hold the very control tokens that it holds without it.
Result<std::vector<Token>> LlamaPromptCompiler::compile_chat(const w::Prepare& prepare) const {
  const ChatTemplate* chat = template_of(prepare);
  if (chat == nullptr) return caller_error("template_failed", "The model has no chat template that works: use completions instead");
  bool plain = true;
  visit_texts(prepare.messages, prepare.tools, [&](const std::string& text) { plain = plain && !vocabulary_->has_control_text(text); });
  if (plain) {
    GH_TRY(const auto parts, render(*chat, prepare.messages, prepare.tools, prepare.continues));
    return vocabulary_->tokenise(parts);
  }
  return compile_marked(*chat, prepare);
}

Result<std::vector<Token>> LlamaPromptCompiler::compile_marked(const ChatTemplate& chat, const w::Prepare& prepare) const {
  const auto overwrite = [this](const std::string& text) { return vocabulary_->without_control_text(text); };
  const ChatInput harmless = rewritten(prepare, overwrite);
  const auto mark = [this](const std::string& text) { return vocabulary_->with_marked_control_text(text, from_caller, until_here); };
  const ChatInput marked = rewritten(prepare, mark);
  GH_TRY(const auto parts, render(chat, marked.messages, marked.tools, prepare.continues));
  GH_TRY(auto tokens, vocabulary_->tokenise(without_marks(parts)));
  GH_TRY(const auto other_parts, render(chat, harmless.messages, harmless.tools, prepare.continues));
  GH_TRY(const auto other_tokens, vocabulary_->tokenise(other_parts));
  const auto is_control = [this](Token token) { return vocabulary_->is_control(token); };
  std::vector<Token> found, expected;
  std::ranges::copy_if(tokens, std::back_inserter(found), is_control);
  std::ranges::copy_if(other_tokens, std::back_inserter(expected), is_control);
  if (found != expected) return caller_error("invalid_prompt", "The prompt holds text that the model reserves for itself");
  return tokens;
}

Result<std::vector<Token>> LlamaPromptCompiler::compile_text(const std::string& prompt) const {
  const std::array<PromptPart, 1> whole{PromptPart{Author::caller, prompt}};
  return vocabulary_->tokenise(whole);
}

}  // namespace gatehouse::adapters
