// gateway/answer.h — what is answered to one request, one or more choices, on its way to the client, whole or as an event stream, in the
// dialect that it reads.
// Threads  the reactor of the connection
// State    begin → text … and end of each choice → finish | fail; nothing reaches the socket before begin()
#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "egress.h"
#include "gatehouse/base/error.h"
#include "gatehouse/gateway/generation.h"
#include "meters.h"

namespace gatehouse::gateway {

struct AnswerFacts {
  AnswerFacts(std::string id_, std::string model_, std::int64_t created_)
      : id(std::move(id_)), model(std::move(model_)), created(created_) {}
  std::string id;            // chatcmpl-…, cmpl-…, msg_… or a UUID
  std::string model;         // the name that answered
  std::string version = {};  // of it, for the dialects that tell it
  std::int64_t created;
};

class Answer {
 public:
  virtual ~Answer() = default;
  // The first news of the engine is here: a stream sends its head now.
  // What it took so far is known: the prompt.
  virtual void begin(const Usage& so_far) = 0;
  virtual bool begun() const = 0;
  // Text and, where they were asked for, the scores that came with it; either may be empty.
  virtual void text(std::uint32_t choice, std::string_view piece, std::span<const wire::engine::TokenScore> scores) = 0;
  // A tool of this name is asked for; the JSON of its arguments follows in pieces, then its end. Where tools may be asked for alone.
  virtual void call(std::uint32_t choice, std::string_view name) = 0;
  virtual void arguments(std::uint32_t choice, std::string_view piece) = 0;
  virtual void call_end(std::uint32_t choice) = 0;
  // stop: the stop string that was met, where the engine tells it.
  virtual void end(std::uint32_t choice, wire::engine::FinishReason reason, std::string_view stop) = 0;
  // What ends now does so because its budget is used up.
  virtual void ran_dry() = 0;
  // Every choice has ended.
  virtual void finish(const Usage& usage) = 0;
  // Only after begin() of a stream: an error event, and the end.
  virtual void fail(const Error& error) = 0;
  // Something to keep the way open; nothing in a whole answer.
  virtual void ping() = 0;
};

std::unique_ptr<Answer> make_answer(Egress& egress, Levels& levels, const Generation& generation, AnswerFacts facts);

}  // namespace gatehouse::gateway
