// adapters/engine_llama/test_recorder.h — writes down what the loop that serves tells of each job.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gatehouse/engine/loop.h"

namespace gatehouse::adapters {

struct Answer {
  std::string text;
  std::vector<wire::engine::TokenScore> scores;
  std::optional<wire::engine::Done> done;
};

class Recorder final : public engine::EventSink {
 public:
  void send(std::uint32_t, std::uint64_t job, const wire::engine::Body& body) override {
    if (const auto* batch = std::get_if<wire::engine::TokenBatch>(&body)) {
      for (const wire::engine::TokenEvent& event : batch->events) {
        Answer& answer = answers[event.job];
        answer.text += event.text;
        answer.scores.insert(answer.scores.end(), event.scores.begin(), event.scores.end());
      }
    }
    if (const auto* done = std::get_if<wire::engine::Done>(&body)) answers[job].done = *done;
  }
  std::map<std::uint64_t, Answer> answers;
};

}  // namespace gatehouse::adapters
