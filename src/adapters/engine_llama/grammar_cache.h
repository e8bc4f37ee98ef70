// adapters/engine_llama/grammar_cache.h — grammars that were asked for before, compiled once.
// Rules    an answer follows a copy of its own; what was refused is compiled, and refused, again. A tenant finds what it asked for itself:
//          how long an answer takes to begin says nothing of what others ask
// Bounds   as many grammars as most_grammars, and most_grammar_bytes of their texts. Where there is no room for another one, whichever
//          tenant has the most loses what it has not asked for longest: who has no more than an even share loses nothing to anybody
// Threads  the prepare thread's alone
// Errors   as llama_grammar.h
#pragma once
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <string>

#include "llama_grammar.h"

namespace gatehouse::adapters {

inline constexpr std::size_t most_grammars = 64, most_grammar_bytes = std::size_t{1} << 20;

// What a grammar takes of the room.
std::size_t cost_of_grammar(std::size_t text_bytes);
struct GrammarHeld {
  std::uint64_t tenant = 0;
  std::size_t cost = 0;
};
// Which one goes where there is no room. held: the one that was asked for last comes first; not empty.
std::size_t grammar_that_goes(std::span<const GrammarHeld> held);

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
  void make_room();

  const std::shared_ptr<const Vocabulary> vocabulary_;
  std::list<Kept> kept_;   // the latest first
  std::size_t taken_ = 0;  // of the room
  std::uint64_t compiled_ = 0;
};

}  // namespace gatehouse::adapters
