"""The module's logger, and one handler."""

import logging
import multiprocessing

if __name__ == "__main__":
    logger = multiprocessing.log_to_stderr()
    logger.setLevel(logging.INFO)
    logger.warning("doomed")
    print(logger is multiprocessing.get_logger(), logger.name, logging.getLevelName(logger.level))
    print(len(logger.handlers))
