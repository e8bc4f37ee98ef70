// wire/openai/logprobs.h — what /v1 says of the tokens of an answer, where that is asked for, as JSON.
// Rules    chats: {"content":[{"token","logprob","bytes","top_logprobs"}],"refusal"}; bytes are null for a control token, which puts
//          nothing into the text, so that all bytes together make the text, but for an unfinished character at its end.
//          Completions: {"tokens","token_logprobs","top_logprobs","text_offset"}; top_logprobs hold the sampled token beside the likeliest;
//          a token that is no whole text is named as in "bytes:\xe2\x80"; an offset is how many code points of the answer's text begin
//          before the token.
//          A chunk of a stream has the tokens whose last byte is in its text, so that all chunks together have those of the whole answer.
//          A token's beginning may thus stand in chunks before its own, and a chunk of text may have no token
// Threads  a …Logprobs belongs to one answer
// Source   openai-openapi, ChatCompletionTokenLogprob and CreateCompletionResponse
#pragma once
#include <cstddef>
#include <span>
#include <string>

#include "gatehouse/wire/engine/frames.h"
#include "gatehouse/wire/json/writer.h"

namespace gatehouse::wire {

class ChatLogprobs {
 public:
  void write(std::string& out, std::span<const engine::TokenScore> scores) const;
};

class TextLogprobs {
 public:
  // Offsets go on where the call before ended.
  void write(std::string& out, std::span<const engine::TokenScore> scores);

 private:
  std::size_t offset_ = 0;
};

// Both may be null.
void chat_logprobs_schema(JsonWriter& w);
void text_logprobs_schema(JsonWriter& w);

}  // namespace gatehouse::wire
