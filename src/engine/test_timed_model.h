// engine/test_timed_model.h — another model whose passes take time on a clock of their own.
#pragma once
#include <memory>
#include <span>
#include <utility>

#include "gatehouse/base/fake_clock.h"
#include "gatehouse/engine/sequence_model.h"

namespace gatehouse::engine {

// Passes that take time on a clock of their own: 7 ms, and 1 ms a token or sequence.
class TimedModel final : public SequenceModel {
 public:
  TimedModel(SequenceModel& model, FakeClock& clock) : model_(model), clock_(clock) {}
  std::uint32_t seats() const override { return model_.seats(); }
  std::uint32_t seat_cells() const override { return model_.seat_cells(); }
  std::string description() const override { return model_.description(); }
  std::uint32_t threads() const override { return model_.threads(); }
  void compute_with(std::uint32_t threads) override { model_.compute_with(threads); }
  std::uint64_t preemptions() const override { return model_.preemptions(); }
  void open(Seat seat, const wire::engine::Sampling& sampling) override { model_.open(seat, sampling); }
  void constrain(Seat seat, std::shared_ptr<Constraint> constraint) override { model_.constrain(seat, std::move(constraint)); }
  Status prefill(std::span<const PromptPart> parts) override {
    std::size_t tokens = 0;
    for (const PromptPart& part : parts) tokens += part.tokens.size();
    clock_.advance(milliseconds(7 + tokens));
    return model_.prefill(parts);
  }
  Status decode(std::span<const SeatToken> batch) override {
    clock_.advance(milliseconds(7 + batch.size()));
    return model_.decode(batch);
  }
  Status branch(Seat from, std::uint32_t cells, std::span<const Seat> to) override { return model_.branch(from, cells, to); }
  Token sample(Seat seat) override { return model_.sample(seat); }
  wire::engine::TokenScore score(Seat seat) override { return model_.score(seat); }
  bool is_end(Token token) const override { return model_.is_end(token); }
  std::string_view piece(Token token) override { return model_.piece(token); }
  void close(Seat seat) override { model_.close(seat); }
  Status move(Seat from, Seat to) override { return model_.move(from, to); }
  Result<std::unique_ptr<KeptPrefix>> keep(Seat seat) override { return model_.keep(seat); }
  Result<std::unique_ptr<SavedSequence>> save(Seat seat) override { return model_.save(seat); }

 private:
  SequenceModel& model_;
  FakeClock& clock_;
};

}  // namespace gatehouse::engine
