// adapters/engine_llama/sequences.h — seats as sequences of one llama_context with a KV cache split by sequence.
// Threads  one: the engine loop's
// Order    sample(seat) reads the logits of the latest prefill or decode in place: it must come before the next of either
// Errors   engine_decode_failed, engine_move_failed, origin engine
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "gatehouse/base/random.h"
#include "gatehouse/engine/sequence_model.h"
#include "llama_handles.h"
#include "sampler.h"
#include "vocabulary.h"

namespace gatehouse::adapters {

struct SequenceShape {
  std::uint32_t seats, seat_cells, threads, prefill_chunk;
};

class LlamaSequences final : public engine::SequenceModel {
 public:
  static Result<std::unique_ptr<LlamaSequences>> create(ModelHandle model, std::shared_ptr<const Vocabulary> vocabulary,
                                                        const SequenceShape& shape);
  ~LlamaSequences() override;

  std::uint32_t seats() const override { return shape_.seats; }
  std::uint32_t seat_cells() const override { return shape_.seat_cells; }
  std::string description() const override;
  std::uint32_t threads() const override { return shape_.threads; }
  void compute_with(std::uint32_t threads) override;
  std::uint64_t preemptions() const override;
  std::uint64_t memory_left() const override { return memory_left_; }
  void open(engine::Seat seat, const wire::engine::Sampling& sampling) override;
  void constrain(engine::Seat seat, std::shared_ptr<engine::Constraint> constraint) override;
  Status prefill(std::span<const engine::PromptPart> parts) override;
  Status decode(std::span<const engine::SeatToken> batch) override;
  Status branch(engine::Seat from, std::uint32_t cells, std::span<const engine::Seat> to) override;
  engine::Token sample(engine::Seat seat) override;
  wire::engine::TokenScore score(engine::Seat seat) override;
  bool is_end(engine::Token token) const override { return vocabulary_->is_end(token); }
  std::string_view piece(engine::Token token) override { return vocabulary_->piece(token); }
  void close(engine::Seat seat) override;
  Status move(engine::Seat from, engine::Seat to) override;
  Result<std::unique_ptr<engine::KeptPrefix>> keep(engine::Seat seat) override;
  Result<std::unique_ptr<engine::SavedSequence>> save(engine::Seat seat) override;

 private:
  struct SeatState {
    Sampler sampler;
    std::shared_ptr<engine::Constraint> constraint;  // null: any text
    std::int32_t output = -1;                        // of the latest batch; -1: none
    bool taken = false;
    bool scored = false;  // whether its tokens' scores are wanted
    wire::engine::TokenScore score;
  };
  enum class Logits : std::uint8_t { none, kept };
  LlamaSequences(ModelHandle model, std::shared_ptr<const Vocabulary> vocabulary, const SequenceShape& shape, ContextHandle context);
  void add(engine::Seat seat, std::uint32_t position, engine::Token token, Logits logits);
  Status compute();
  wire::engine::ScoredToken named(engine::Token token, float logprob) const;
  void forget_cells(engine::Seat seat);
  class Saved;
  class Kept;
  Status read_cells(engine::Seat seat, std::vector<std::uint8_t>& cells);
  // After an error the seat has none.
  Status write_cells(const std::vector<std::uint8_t>& cells, engine::Seat seat);
  Status write_first_cells(const std::vector<std::uint8_t>& cells, std::uint32_t count, engine::Seat seat);

  const ModelHandle model_;
  const std::shared_ptr<const Vocabulary> vocabulary_;
  const SequenceShape shape_;
  std::uint64_t memory_left_ = 0;
  std::unique_ptr<ComputeThreads> threads_;  // outlives the context, which is attached to it
  ContextHandle context_;
  SystemRandom random_;
  std::vector<SeatState> states_;
  SamplerScratch scratch_;
  std::vector<std::uint8_t> moving_;  // cells on their way from seat to seat

  // The batch, in libllama's shape; room for its largest.
  std::vector<llama_token> tokens_;
  std::vector<llama_pos> positions_;
  std::vector<std::int32_t> seat_counts_;
  std::vector<llama_seq_id> seats_;
  std::vector<llama_seq_id*> seat_lists_;
  std::vector<std::int8_t> outputs_;
};

}  // namespace gatehouse::adapters
