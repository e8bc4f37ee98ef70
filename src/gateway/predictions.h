// gateway/predictions.h — what a tabular model's outputs say of each row.
// Rules    a class is an integer or a word of one value a row, else the likeliest; probabilities are numbers of several values a row; one
//          number a row, and nothing else, is a value that was estimated
// Threads  pure function
// Errors   output_unexpected (internal, origin engine): no such outputs, or another number of rows than was asked about
#pragma once
#include <string>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/engine/frames.h"
#include "gatehouse/wire/predict/predict.h"

namespace gatehouse::gateway {

// labels: the names of the classes, in the order of their numbers; may be empty.
Result<std::vector<wire::Prediction>> predictions_of(const wire::engine::Inferred& inferred, const std::vector<std::string>& labels,
                                                     std::size_t rows);

}  // namespace gatehouse::gateway
