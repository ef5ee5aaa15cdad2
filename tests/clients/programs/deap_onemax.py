"""DEAP: bits that evolve towards all ones; the toolbox evaluates individuals with the pool's map."""

import multiprocessing
import random

from deap import algorithms, base, creator, tools

creator.create("FitnessMax", base.Fitness, weights=(1.0,))
creator.create("Individual", list, fitness=creator.FitnessMax)


def evaluate(individual):
    return (sum(individual),)


toolbox = base.Toolbox()
toolbox.register("bit", random.randint, 0, 1)
toolbox.register("individual", tools.initRepeat, creator.Individual, toolbox.bit, 60)
toolbox.register("population", tools.initRepeat, list, toolbox.individual)
toolbox.register("evaluate", evaluate)
toolbox.register("mate", tools.cxTwoPoint)
toolbox.register("mutate", tools.mutFlipBit, indpb=0.05)
toolbox.register("select", tools.selTournament, tournsize=3)


def evolve(map_function):
    toolbox.register("map", map_function)
    random.seed(64)
    best = tools.HallOfFame(1)
    population, log = algorithms.eaSimple(
        toolbox.population(n=60), toolbox, cxpb=0.5, mutpb=0.2, ngen=15, halloffame=best, verbose=False
    )
    return [list(individual) for individual in population], best[0], log.select("nevals")


if __name__ == "__main__":
    with multiprocessing.Pool() as pool:
        result = evolve(pool.map)
        copies = pool.map(toolbox.clone, [result[1]] * 4)  # an Individual both ways
    print("ones of the best:", sum(result[1]), "of", len(result[1]))
    print("as in the serial run:", result == evolve(map))
    print("come back with their fitness:", {copy.fitness.values for copy in copies} == {evaluate(result[1])})
