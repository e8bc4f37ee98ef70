#include "prompt_compiler.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "gatehouse/wire/grammar/schema_grammar.h"
#include "llama_grammar.h"

namespace gatehouse::adapters {
namespace {

namespace w = wire::engine;
using engine::Token;

// More bytes than this a cell and the text is refused unread: tokenising it would cost more than answering.
constexpr std::size_t bytes_per_cell = 32;

const char* field_of(const w::Prepare& prepare) { return prepare.chat ? "messages" : "prompt"; }

// The messages with every control token's text overwritten; nothing when they hold none.
std::optional<std::vector<w::Message>> harmless(const Vocabulary& vocabulary, const std::vector<w::Message>& messages) {
  std::vector<w::Message> copy;
  copy.reserve(messages.size());
  for (const w::Message& message : messages)
    copy.push_back(w::Message{vocabulary.without_control_text(message.role), vocabulary.without_control_text(message.content)});
  if (copy == messages) return std::nullopt;
  return copy;
}

// Where the last message is the beginning of the answer, it stands behind all that the template writes.
Result<std::vector<PromptPart>> render(const ChatTemplate& chat, std::span<const w::Message> messages, bool continues) {
  if (!continues || messages.empty()) return chat.render(messages);
  GH_TRY(std::vector<PromptPart> parts, chat.render(messages.first(messages.size() - 1)));
  parts.push_back(PromptPart{Author::caller, messages.back().content});
  return parts;
}

}  // namespace

Result<std::vector<Token>> LlamaPromptCompiler::compile(const w::Prepare& prepare) {
  GH_CHECK(check_length(prepare));
  GH_CHECK(check_biases(prepare.sampling));
  if (!prepare.tools.empty()) GH_CHECK(check_tools(prepare.tools));
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
  if (prepare.schema.empty()) return std::unique_ptr<engine::Constraint>();
  GH_TRY(const std::string grammar, wire::schema_grammar(prepare.schema));
  GH_TRY(std::unique_ptr<LlamaGrammar> made, LlamaGrammar::compile(vocabulary_, grammar));
  return std::unique_ptr<engine::Constraint>(std::move(made));
}

Status LlamaPromptCompiler::check_length(const w::Prepare& prepare) const {
  // Rendering costs far more a message than a byte, and every message takes a token or more.
  if (prepare.chat && prepare.messages.size() >= seat_cells_) {
    return caller_error("context_length_exceeded", "The prompt has " + std::to_string(prepare.messages.size()) +
                                                       " messages; as many never fit into the model's " + std::to_string(seat_cells_ - 1) +
                                                       " tokens here")
        .with_param(field_of(prepare));
  }
  std::size_t bytes = prepare.chat ? 0 : prepare.prompt.size();
  if (prepare.chat) {
    for (const w::Message& message : prepare.messages) bytes += message.role.size() + message.content.size();
  }
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

Status LlamaPromptCompiler::check_tools(const std::string& field) const {
  const bool carried = chat_ && chat_->carries_tools();
  const char* const why = carried ? " cannot be used yet: this server does not read calls of tools from answers"
                                  : " cannot be used: the chat template of this model has no place for tools";
  return caller_error("tools_not_supported", field + why).with_param(field);
}

Result<std::vector<Token>> LlamaPromptCompiler::compile_chat(const w::Prepare& prepare) const {
  if (!chat_) return caller_error("template_failed", "The model has no chat template that works: use completions instead");
  GH_TRY(const auto parts, render(*chat_, prepare.messages, prepare.continues));
  GH_TRY(auto tokens, vocabulary_->tokenise(parts));
  const auto other = harmless(*vocabulary_, prepare.messages);
  if (!other) return tokens;
  // Some template functions lose track of who wrote a text (tojson, for one). Where the caller's text looks like a control token, the
  // prompt must hold the very control tokens that it holds without it.
  GH_TRY(const auto other_parts, render(*chat_, *other, prepare.continues));
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
