// gateway/embedder.h — POST /v1/embeddings and /v1/rerank: numbers of texts, through every stage of the pipeline. The engine is asked in
// calls of a bounded size, so that others get their turn in between.
// Threads  the reactor of the connection; what is long is read and written on the thread for that
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "body_limits.h"
#include "egress.h"
#include "gatehouse/gateway/content_rules.h"
#include "gatehouse/nlu/token_rows.h"
#include "gatehouse/wire/json/document.h"
#include "gatehouse/wire/openai/embeddings.h"
#include "gatehouse/wire/openai/rerank.h"
#include "generator.h"
#include "tensor_pipeline.h"
#include "text_thread.h"

namespace gatehouse::gateway {

// Whether it is the Embedder's.
constexpr bool embeds(Action action) { return action == Action::embeddings || action == Action::rerank; }

struct EmbedderParts {
  const ServedModels& models;
  const Doorkeeper& doorkeeper;
  const CurrentBodyLimits& bodies;
  const Ending& ending;
  std::vector<Running>& running;  // by reactor
  Governor& governor;
  const ContentRules& contents;
  TextThread& texts;
};

class Embedder {
 public:
  explicit Embedder(const EmbedderParts& parts);

  // Who asks has been let in by the head. Returns when the answer is complete, or the client gone.
  Task<void> run(const Received& received, Egress& egress, Ledger& ledger);

 private:
  using Request = std::variant<wire::EmbeddingsRequest, wire::RerankRequest>;
  // What the body asks, once it may be asked. Whoever works on it on another thread has it, too, and lets go of its texts.
  struct Asked {
    std::shared_ptr<Request> request;
    TensorPermitted permitted;
  };
  // What is made of its texts, and of them nothing but what the answer needs.
  struct TextsRead {
    std::vector<wire::TokenRow> rows;
    std::string content;  // as it is kept for the record; empty: it is not
  };
  Result<Asked> read(const Identified& identified, Running::Seat& seat, std::string_view body, Ledger& ledger);
  // Before anything is computed: a model that sleeps says only then how many numbers its vectors have.
  Task<Status> check_width(Reactor& reactor, const Asked& asked) const;
  static Result<TextsRead> read_all(const nlu::TextReader& reader, Request& request, bool keeps_content);
  Task<Result<TextsRead>> read_texts(Reactor& reactor, const Asked& asked);
  Task<void> answer(const Asked& asked, Egress& egress, Ledger& ledger);
  // Row after row as they were asked for; the ledger learns what was computed.
  Task<Result<wire::RowValues>> compute(Reactor& reactor, TensorAdmitted& admitted, const Asked& asked, std::vector<nlu::RowCall> calls,
                                        Ledger& ledger) const;
  Task<Result<std::string>> reply_with(Reactor& reactor, const Asked& asked, wire::RowValues values, const Ledger& ledger);

  const ServedModels& models_;
  const TensorMeasure measure_{};
  const TensorAdmission admission_;
  const TensorDispatch dispatch_;
  const Doorkeeper& doorkeeper_;
  const CurrentBodyLimits& bodies_;
  const ContentRules contents_;
  TextThread& texts_;
  std::vector<Running>& running_;
  std::vector<wire::JsonParser> parsers_;  // by reactor
};

}  // namespace gatehouse::gateway
