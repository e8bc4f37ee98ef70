// adapters/engine_llama/llama_grammar.h — a grammar that an answer follows, token by token.
// Threads  compiled on the prepare thread, then the engine loop's alone
// Errors   schema_not_supported (caller): libllama does not take the grammar, or following it costs too much
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/engine/sequence_model.h"
#include "llama_handles.h"
#include "vocabulary.h"

namespace gatehouse::adapters {

class LlamaGrammar final : public engine::Constraint {
 public:
  static Result<std::unique_ptr<LlamaGrammar>> compile(std::shared_ptr<const Vocabulary> vocabulary, const std::string& grammar);

  bool allows(engine::Token token) override;
  // Of the likeliest tokens, and of all where none of those is allowed: a grammar is slow to ask. Where none is at all, the end is.
  std::span<const float> allowed(std::span<const float> row) override;
  void accept(engine::Token token) override;
  std::unique_ptr<engine::Constraint> copy() const override;

 private:
  LlamaGrammar(std::shared_ptr<const Vocabulary> vocabulary, SamplerHandle grammar)
      : vocabulary_(std::move(vocabulary)), grammar_(std::move(grammar)) {}
  // How much CPU time it takes to ask for every token; nothing: none is allowed.
  std::optional<nanoseconds> time_of_all();
  void collect(std::span<const float> row, std::size_t count);
  // Keeps those of candidates_ that are allowed; whether any is.
  bool keep_allowed();

  const std::shared_ptr<const Vocabulary> vocabulary_;
  SamplerHandle grammar_;
  std::vector<llama_token_data> candidates_;
  std::vector<float> row_;
};

}  // namespace gatehouse::adapters
