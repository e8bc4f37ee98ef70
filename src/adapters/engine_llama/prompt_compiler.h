// adapters/engine_llama/prompt_compiler.h — messages or a raw prompt to the tokens that the engine computes.
// Threads  the prepare thread; shares nothing with the decode loop that changes
// Errors   context_length_exceeded, template_failed, invalid_prompt, invalid_logit_bias, schema_not_supported, tools_not_supported,
//          origin caller
#pragma once
#include <memory>
#include <optional>

#include "chat_template.h"
#include "gatehouse/engine/sequence_model.h"
#include "grammar_cache.h"
#include "vocabulary.h"

namespace gatehouse::adapters {

class LlamaPromptCompiler final : public engine::PromptCompiler {
 public:
  // Without a template chats are refused, raw prompts are not. tool_use: in its place where a chat brings tools.
  LlamaPromptCompiler(std::shared_ptr<const Vocabulary> vocabulary, std::optional<ChatTemplate> chat, std::uint32_t seat_cells,
                      std::optional<ChatTemplate> tool_use = std::nullopt);
  Result<std::vector<engine::Token>> compile(const wire::engine::Prepare& prepare) override;
  Result<std::unique_ptr<engine::Constraint>> constrain(const wire::engine::Prepare& prepare) override;
  wire::engine::CallForm calls(const wire::engine::Prepare& prepare) const override;

 private:
  Status check_length(const wire::engine::Prepare& prepare) const;
  Status check_biases(const wire::engine::Sampling& sampling) const;
  Status check_tools(const wire::engine::Prepare& prepare) const;
  // Null: there is none.
  const ChatTemplate* template_of(const wire::engine::Prepare& prepare) const;
  Result<std::unique_ptr<engine::Constraint>> constrain_calls(const wire::engine::Prepare& prepare);
  Result<std::vector<engine::Token>> compile_chat(const wire::engine::Prepare& prepare) const;
  Result<std::vector<engine::Token>> compile_marked(const ChatTemplate& chat, const wire::engine::Prepare& prepare) const;
  Result<std::vector<engine::Token>> compile_text(const std::string& prompt) const;

  const std::shared_ptr<const Vocabulary> vocabulary_;
  const std::optional<ChatTemplate> chat_, tool_use_;
  const wire::engine::CallForm calls_;
  const std::uint32_t seat_cells_;
  GrammarCache grammars_;
};

}  // namespace gatehouse::adapters
