// engine/thread_choice.h — with how many threads the next pass computes, while others use the cores, too.
// Units    ratios of what a pass took to what such a pass usually takes; instants of the loop's clock
// Threads  a value type
// Rules    the threads of a pass wait for one another after each node of the graph, and spin meanwhile: where somebody else takes one core,
//          all of them stand still for as long. So one fewer may be several times as fast. That is tried when passes take much longer than
//          usual, or when the kernel keeps taking threads off their cores; and it is kept when its passes are clearly faster than the last
//          ones before it. One more is tried after a pause, and kept unless it is slower; each trial in vain doubles the pause,
//          and how many the next one gives up
// Source   ggml's barrier between the nodes of a graph spins and never yields
#pragma once
#include <cstdint>

#include "gatehouse/base/clock.h"

namespace gatehouse::engine {

// What is known of one pass.
struct PassPace {
  nanoseconds took{0};
  nanoseconds usual{0};    // 0: not known
  bool preempted = false;  // a thread of the process was taken off its core meanwhile
};

class ThreadChoice {
 public:
  explicit ThreadChoice(std::uint32_t most) : most_(most), threads_(most) {}

  std::uint32_t threads() const { return threads_; }
  // What its passes take says little about others: nothing usual is learnt from them.
  bool on_trial() const { return before_ != 0; }
  // After each pass: with how many threads the next one computes, from 1 to most.
  std::uint32_t saw(const PassPace& pass, Instant now);

 private:
  void begin_trial(std::uint32_t threads);
  void judge(double ratio, Instant now);
  void watch(double ratio, bool preempted, Instant now);

  std::uint32_t most_, threads_;
  std::uint32_t fewer_ = 1;        // how many the next trial of fewer gives up
  double recent_ = 1;              // ratio of the last passes
  std::uint32_t before_ = 0;       // threads before the trial under way; 0: there is none
  std::uint32_t passes_ = 0;       // of the trial, or since preemptions were looked at
  double sum_ = 0;                 // of the trial's ratios
  std::uint32_t slow_ = 0;         // passes in a row that took much longer than usual
  std::uint32_t preemptions_ = 0;  // of passes_
  nanoseconds pause_ = seconds(1);
  Instant next_trial_;
};

}  // namespace gatehouse::engine
