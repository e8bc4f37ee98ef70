// adapters/engine_llama/grammar_cache.h — grammars that were asked for before, compiled once.
// Rules    an answer follows a copy of its own; what was refused is compiled, and refused, again. A tenant finds what it asked for itself:
//          how long an answer takes to begin says nothing of what others ask
// Bounds   as many grammars as most_grammars, and most_grammar_bytes of their texts; who was not asked for longest goes first
// Threads  the prepare thread's alone
// Errors   as llama_grammar.h
#pragma once
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>

#include "llama_grammar.h"

namespace gatehouse::adapters {

inline constexpr std::size_t most_grammars = 64, most_grammar_bytes = std::size_t{1} << 20;

class GrammarCache {
 public:
  explicit GrammarCache(std::shared_ptr<const Vocabulary> vocabulary) : vocabulary_(std::move(vocabulary)) {}

  // The grammar at its beginning.
  Result<std::unique_ptr<engine::Constraint>> grammar(std::uint64_t tenant, const std::string& text);
  std::size_t size() const { return kept_.size(); }
  std::uint64_t compiled() const { return compiled_; }

 private:
  struct Kept {
    std::size_t hash;
    std::uint64_t tenant;
    std::string text;
    std::unique_ptr<engine::Constraint> grammar;  // nothing has been accepted by it
  };
  void keep(Kept made);

  const std::shared_ptr<const Vocabulary> vocabulary_;
  std::list<Kept> kept_;  // the latest first
  std::size_t bytes_ = 0;
  std::uint64_t compiled_ = 0;
};

}  // namespace gatehouse::adapters
