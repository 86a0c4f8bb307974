"""Text generation in the emulator: Bedrock's Converse, SageMaker's chat endpoints, and the models behind them."""
