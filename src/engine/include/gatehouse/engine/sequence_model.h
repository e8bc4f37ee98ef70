// engine/sequence_model.h — what the engine loop needs of a language model: text to tokens, tokens to the next token.
// Shapes   a seat is one sequence of the KV cache, numbered from 0; positions count from 0 within a seat
// Threads  PromptCompiler on the prepare thread, SequenceModel on the engine loop's thread, both at the same time
// Errors   compile: context_length_exceeded, template_failed, invalid_prompt, invalid_logit_bias (origin caller);
//          decode failures are engine_decode_failed (origin engine) and end the jobs that were in the batch
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/engine/frames.h"

namespace gatehouse::engine {

using Token = std::int32_t;
using Seat = std::uint32_t;

// What an answer may be, such as a grammar: made on the prepare thread, used on the engine loop's by the sequence that it was made for.
class Constraint {
 public:
  virtual ~Constraint() = default;
  virtual bool allows(Token token) = 0;
  // The same row of logits without what is not allowed now. Valid until the next call.
  virtual std::span<const float> allowed(std::span<const float> row) = 0;
  // The answer goes on with this one, which is allowed.
  virtual void accept(Token token) = 0;
  // Another one for another answer, which is where this one is.
  virtual std::unique_ptr<Constraint> copy() const = 0;
};

class PromptCompiler {
 public:
  virtual ~PromptCompiler() = default;
  // Renders the chat template (or takes the prompt raw) and tokenises. What came from the caller never becomes a control token.
  // Refuses biases for tokens that the model has not.
  virtual Result<std::vector<Token>> compile(const wire::engine::Prepare& prepare) = 0;
  // What its schema and its tools allow; null where it has neither. schema_not_supported (caller).
  virtual Result<std::unique_ptr<Constraint>> constrain(const wire::engine::Prepare& prepare) = 0;
  // How its answer writes calls of tools; none where it may ask for none.
  virtual wire::engine::CallForm calls(const wire::engine::Prepare&) const { return wire::engine::CallForm::none; }
};

// One token for one seat of a decode step.
struct SeatToken {
  Seat seat;
  std::uint32_t position;
  Token token;
};

// Part of a prompt, behind what its seat holds already.
struct PromptPart {
  Seat seat;
  std::uint32_t position;
  std::span<const Token> tokens;
  bool last;  // the logits of the final token are kept for sample(seat)
};

// A sequence that was taken out of its seat: its cells and its sampler. May be destroyed when the model is gone already.
class SavedSequence {
 public:
  virtual ~SavedSequence() = default;
  virtual std::size_t bytes() const = 0;
  // Goes on, unchanged, in to (which is free). Once; after an error the seat is still free, and the sequence is lost.
  virtual Status resume(Seat to) = 0;
};

// What was computed in a seat, kept so that others may begin with it. May be destroyed when the model is gone already.
class KeptPrefix {
 public:
  virtual ~KeptPrefix() = default;
  virtual std::size_t bytes() const = 0;
  // The seat (open, nothing computed for it) goes on from the first cells. After an error nothing is computed for it.
  virtual Status restore(Seat to, std::uint32_t cells) = 0;
};

class SequenceModel {
 public:
  virtual ~SequenceModel() = default;
  virtual std::uint32_t seats() const = 0;
  virtual std::uint32_t seat_cells() const = 0;
  virtual std::string description() const = 0;  // for logs: kernels, threads
  virtual std::uint32_t threads() const = 0;    // that it can compute with
  // The passes that follow compute with so many, from 1 to threads().
  virtual void compute_with(std::uint32_t threads) = 0;
  virtual std::uint64_t preemptions() const = 0;  // how often the kernel has taken a thread of this process off its core

  // Bytes that its seats will take, and had not from the kernel when it was made.
  virtual std::uint64_t memory_left() const { return 0; }

  // Sampling state of the sequence that takes the seat.
  virtual void open(Seat seat, const wire::engine::Sampling& sampling) = 0;
  // Nothing else is sampled for the seat, which has just been opened. Made by the compiler of the same model.
  virtual void constrain(Seat seat, std::shared_ptr<Constraint> constraint) = 0;
  // Parts of prompts into the KV cache, at most one a seat, all in one call of the model: no more than 512 tokens together, or than the
  // chunk that the model was loaded for. Seats in ascending order are computed together as far as they can be.
  virtual Status prefill(std::span<const PromptPart> parts) = 0;
  // One token each for several seats in one pass; logits are kept for sample() of each of these seats.
  virtual Status decode(std::span<const SeatToken> batch) = 0;
  // Each of to (open, nothing computed for it) goes on from the first cells of what from holds, as if it had been computed there. Where
  // they are all that from holds, sample() of each of them is from the logits that are kept for from.
  // After an error nothing is computed for any of them.
  virtual Status branch(Seat from, std::uint32_t cells, std::span<const Seat> to) = 0;
  // The next token of the seat, from the logits that prefill or decode kept; advances the sampler.
  virtual Token sample(Seat seat) = 0;
  // Of the token that was sampled last, before the next one of any seat is computed; only where the seat's sampling asks for logprobs.
  virtual wire::engine::TokenScore score(Seat seat) = 0;
  // Ends generation: end of turn or end of text.
  virtual bool is_end(Token token) const = 0;
  // The token's bytes (control tokens have none). May hold parts of UTF-8 characters. Valid until the next call.
  virtual std::string_view piece(Token token) = 0;
  // Frees the cells and the sampler of the seat.
  virtual void close(Seat seat) = 0;
  // The sequence in from goes on, unchanged, in to (which is free). After an error it is still in from, and is closed there.
  virtual Status move(Seat from, Seat to) = 0;
  // All that is computed in the seat, which goes on.
  virtual Result<std::unique_ptr<KeptPrefix>> keep(Seat seat) = 0;
  // Takes the sequence out of its seat, which is free then. After an error it is still there, and is closed there.
  virtual Result<std::unique_ptr<SavedSequence>> save(Seat seat) = 0;
};

// A loaded model: both halves.
struct LoadedModel {
  std::unique_ptr<PromptCompiler> compiler;
  std::unique_ptr<SequenceModel> sequences;
};

}  // namespace gatehouse::engine
